/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h: the SOAP envelope of both versions, read and written. */
#pragma once

#include "document.h"

#define SOAP_11_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_12_NS "http://www.w3.org/2003/05/soap-envelope"

typedef enum { SOAP_11, SOAP_12 } SoapVersion;

const char *soap_version_ns(SoapVersion version);
/** soap_version_name: "1.1" or "1.2" */
const char *soap_version_name(SoapVersion version);
/** soap_version_media_type: of an envelope alone, without parameters */
const char *soap_version_media_type(SoapVersion version);

/* An envelope that was read: the nodes are the document's. */
typedef struct {
    SoapVersion version;
    xmlDoc *doc;
    xmlNode *header; /* nullable */
    xmlNode *body;
} Envelope;

/**
 * envelope_read:
 * @doc: (transfer none): stays with the caller, longer than @envelope
 *
 * One optional Header, then exactly one Body, and nothing else but white space and comments.
 *
 * Errors: INVALID `soap.version` (no envelope of 1.1 or 1.2), `soap.structure`
 */
gboolean envelope_read(xmlDoc *doc, Envelope *envelope, GError **error);

/** envelope_new: @header, @body: (out): where blocks and content go */
xmlDoc *envelope_new(SoapVersion version, xmlNode **header, xmlNode **body);

/** envelope_trim: takes an empty Header away */
void envelope_trim(xmlDoc *doc);

/**
 * envelope_check_header:
 * @security_is_understood: wsse:Security may be marked mustUnderstand
 *
 * Errors: REFUSED `soap.must-understand`: a block that must be understood and is for us is not
 */
gboolean envelope_check_header(const Envelope *envelope, gboolean security_is_understood, GError **error);
