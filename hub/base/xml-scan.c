/* SPDX-License-Identifier: Apache-2.0 */
/* xml-scan.c: the byte scan in front of libxml2: UTF-8 only, no DTD, no processing instruction, everything counted.
 *
 * libxml2 reads UTF-16, UTF-32, UTF-7 and EBCDIC by itself and spends seconds on one element with many attributes, so
 * the limits must hold before it sees a byte. The scan knows just enough of XML's grammar to find where each construct
 * ends; whether tags match and names are names is left to the parser behind it.
 */
#include "base/xml.h"

#include <string.h>

#define SIZE_MAX_BYTES (8 * 1024 * 1024)
#define DEPTH_MAX 64
#define ATTRIBUTES_MAX 64
#define NAME_MAX_BYTES 256
#define VALUE_MAX_BYTES 65536
#define COUNT_MAX 200000

typedef struct {
    const char *start;
    const char *at;
    const char *end;
    guint depth;
    guint n_elements;
    GError **error;
} Scan;

static gboolean
fail(Scan *scan, const char *reason, const char *cause)
{
    lt_error_set(scan->error, LT_ERROR_INVALID, reason, "XML at byte %" G_GSIZE_FORMAT ": %s", (gsize) (scan->at - scan->start), cause);
    return FALSE;
}

static gboolean
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static gboolean
looking_at(const Scan *scan, const char *text)
{
    gsize length = strlen(text);

    return (gsize) (scan->end - scan->at) >= length && memcmp(scan->at, text, length) == 0;
}

static gboolean
skip_spaces(Scan *scan)
{
    const char *from = scan->at;

    while (scan->at < scan->end && is_space(*scan->at))
        scan->at++;
    return scan->at > from;
}

/* Past the next @text; what is skipped is not looked at. */
static gboolean
skip_past(Scan *scan, const char *text, const char *cause)
{
    const char *found = memmem(scan->at, (gsize) (scan->end - scan->at), text, strlen(text));

    if (found == NULL)
        return fail(scan, "xml.syntax", cause);
    scan->at = found + strlen(text);
    return TRUE;
}

/* One of the five names, or a number: no other reference exists without a DTD. */
static gboolean
scan_reference(Scan *scan)
{
    static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };
    const char *digit = scan->at + 2;
    gboolean is_hex;

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        if (looking_at(scan, known[i])) {
            scan->at += strlen(known[i]);
            return TRUE;
        }
    }
    if (!looking_at(scan, "&#"))
        return fail(scan, "xml.syntax", "a reference to an entity that does not exist");
    is_hex = digit < scan->end && *digit == 'x';
    if (is_hex)
        digit++;
    for (const char *first = digit; digit < scan->end; digit++) {
        if (*digit == ';' && digit > first && digit - first <= 8) {
            scan->at = digit + 1;
            return TRUE;
        }
        if (!(is_hex ? g_ascii_isxdigit(*digit) : g_ascii_isdigit(*digit)))
            break;
    }
    return fail(scan, "xml.syntax", "a character reference that is no number");
}

static gboolean
scan_name(Scan *scan)
{
    const char *from = scan->at;

    while (scan->at < scan->end && !is_space(*scan->at) && strchr("/>=<\"'&", *scan->at) == NULL)
        scan->at++;
    if (scan->at == from)
        return fail(scan, "xml.syntax", "a name is missing");
    if (scan->at - from > NAME_MAX_BYTES)
        return fail(scan, "xml.size", "a name is over 256 bytes long");
    return TRUE;
}

static gboolean
scan_attribute(Scan *scan)
{
    const char *from;
    char quote;

    if (!scan_name(scan))
        return FALSE;
    skip_spaces(scan);
    if (!looking_at(scan, "="))
        return fail(scan, "xml.syntax", "an attribute has no value");
    scan->at++;
    skip_spaces(scan);
    if (!looking_at(scan, "\"") && !looking_at(scan, "'"))
        return fail(scan, "xml.syntax", "the value of an attribute is not in quotes");
    quote = *scan->at++;
    from = scan->at;
    while (scan->at < scan->end && *scan->at != quote) {
        if (*scan->at == '<')
            return fail(scan, "xml.syntax", "a < in the value of an attribute");
        if (*scan->at != '&')
            scan->at++;
        else if (!scan_reference(scan))
            return FALSE;
        if (scan->at - from > VALUE_MAX_BYTES)
            return fail(scan, "xml.size", "the value of an attribute is over 65,536 bytes long");
    }
    if (scan->at == scan->end)
        return fail(scan, "xml.syntax", "the value of an attribute does not end");
    scan->at++;
    return TRUE;
}

static gboolean
scan_start_tag(Scan *scan)
{
    guint n_attributes = 0;

    if (scan->depth == DEPTH_MAX)
        return fail(scan, "xml.depth", "elements are nested deeper than 64");
    if (++scan->n_elements > COUNT_MAX)
        return fail(scan, "xml.count", "over 200,000 elements");
    scan->at++;
    if (!scan_name(scan))
        return FALSE;
    for (;;) {
        gboolean spaced = skip_spaces(scan);

        if (looking_at(scan, "/>")) {
            scan->at += 2;
            return TRUE;
        }
        if (looking_at(scan, ">")) {
            scan->at++;
            scan->depth++;
            return TRUE;
        }
        if (!spaced)
            return fail(scan, "xml.syntax", "a tag does not end");
        if (++n_attributes > ATTRIBUTES_MAX)
            return fail(scan, "xml.attributes", "over 64 attributes on one element");
        if (!scan_attribute(scan))
            return FALSE;
    }
}

static gboolean
scan_end_tag(Scan *scan)
{
    if (scan->depth == 0)
        return fail(scan, "xml.syntax", "an end tag without its start");
    scan->at += 2;
    if (!scan_name(scan))
        return FALSE;
    skip_spaces(scan);
    if (!looking_at(scan, ">"))
        return fail(scan, "xml.syntax", "an end tag does not end");
    scan->at++;
    scan->depth--;
    return TRUE;
}

/* Everything that begins with "<". */
static gboolean
scan_markup(Scan *scan)
{
    if (looking_at(scan, "<!--")) {
        scan->at += 4;
        return skip_past(scan, "-->", "a comment does not end");
    }
    if (looking_at(scan, "<?"))
        return fail(scan, "xml.pi", "a processing instruction");
    if (looking_at(scan, "<![CDATA[") && scan->depth > 0)
        return skip_past(scan, "]]>", "a CDATA section does not end");
    if (looking_at(scan, "<!DOCTYPE") || looking_at(scan, "<!ENTITY"))
        return fail(scan, "xml.doctype", "a document type or entity declaration");
    if (looking_at(scan, "<!"))
        return fail(scan, "xml.syntax", "a declaration that has no place here");
    if (looking_at(scan, "</"))
        return scan_end_tag(scan);
    if (scan->depth == 0 && scan->n_elements > 0)
        return fail(scan, "xml.syntax", "a second document element");
    return scan_start_tag(scan);
}

/* `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`: only the encoding matters here. */
static gboolean
scan_declaration(Scan *scan)
{
    if (!looking_at(scan, "<?xml") || scan->end - scan->at < 6 || !is_space(scan->at[5]))
        return TRUE;
    scan->at += 5;
    for (;;) {
        gboolean spaced = skip_spaces(scan);
        const char *name = scan->at;
        const char *quoted;
        gsize length;

        if (looking_at(scan, "?>")) {
            scan->at += 2;
            return TRUE;
        }
        if (!spaced)
            return fail(scan, "xml.syntax", "the XML declaration does not end");
        if (!scan_attribute(scan))
            return FALSE;
        if (!g_str_has_prefix(name, "encoding"))
            continue;
        quoted = scan->at - 1;
        length = 0;
        while (quoted[-1 - (gssize) length] != *quoted)
            length++;
        if (length != 5 || g_ascii_strncasecmp(quoted - 5, "UTF-8", 5) != 0)
            return fail(scan, "xml.encoding", "another encoding than UTF-8 is declared");
    }
}

static gboolean
scan_content(Scan *scan)
{
    while (scan->at < scan->end) {
        if (*scan->at == '<') {
            if (!scan_markup(scan))
                return FALSE;
        } else if (scan->depth == 0 && !is_space(*scan->at)) {
            return fail(scan, "xml.syntax", "text outside the document element");
        } else if (*scan->at == '&') {
            if (!scan_reference(scan))
                return FALSE;
        } else {
            scan->at++;
        }
    }
    if (scan->n_elements == 0 || scan->depth > 0)
        return fail(scan, "xml.syntax", "the document ends too early");
    return TRUE;
}

gboolean
lt_xml_scan(const char *data, gsize size, guint *n_elements, GError **error)
{
    Scan scan = { .start = data, .at = data, .end = data + size, .error = error };
    const char *wrong;

    if (size > SIZE_MAX_BYTES)
        return fail(&scan, "xml.size", "over 8 MiB");
    if (!g_utf8_validate_len(data, size, &wrong)) {
        scan.at = wrong;
        return fail(&scan, "xml.encoding", "not UTF-8");
    }
    if (looking_at(&scan, "\xef\xbb\xbf"))
        scan.at += 3;
    if (!scan_declaration(&scan) || !scan_content(&scan))
        return FALSE;
    if (n_elements != NULL)
        *n_elements = scan.n_elements;
    return TRUE;
}
