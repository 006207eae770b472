/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.c: the state table of deliveries, the back-off and the advice for people.
 *
 * Progress and waiting are data (attempts, not_before), not states. A receipt may overtake our own note that the
 * message was handed over (we crashed in between, or the other side is quicker than our disk), so it confirms a waiting
 * delivery, too; and a next hub that had taken it may say later that it could not bring it on. What is not in the table does not happen.
 */
#include "routing/delivery.h"

#include <string.h>

#include "base/error.h"

static const LtDeliveryRule rules[] = {
    /* from                    event                  to                        record */
    { LT_DELIVERY_WAITING,     LT_EVENT_ARRIVED,      LT_DELIVERY_DELIVERED,    "delivery.arrived" },
    { LT_DELIVERY_WAITING,     LT_EVENT_RECEIPTED,    LT_DELIVERY_CONFIRMED,    "delivery.confirmed" },
    { LT_DELIVERY_WAITING,     LT_EVENT_POSTPONED,    LT_DELIVERY_WAITING,      "delivery.attempt" },
    { LT_DELIVERY_WAITING,     LT_EVENT_STUCK,        LT_DELIVERY_HELD,         "delivery.held" },
    { LT_DELIVERY_WAITING,     LT_EVENT_REFUSED,      LT_DELIVERY_REFUSED,      "delivery.refused" },
    { LT_DELIVERY_WAITING,     LT_EVENT_GIVEN_UP,     LT_DELIVERY_REFUSED,      "delivery.refused" },
    { LT_DELIVERY_WAITING,     LT_EVENT_WITHDRAWN,    LT_DELIVERY_WITHDRAWN,    "delivery.withdrawn" },
    { LT_DELIVERY_DELIVERED,   LT_EVENT_RECEIPTED,    LT_DELIVERY_CONFIRMED,    "delivery.confirmed" },
    { LT_DELIVERY_DELIVERED,   LT_EVENT_REFUSED,      LT_DELIVERY_REFUSED,      "delivery.refused" },
    { LT_DELIVERY_DELIVERED,   LT_EVENT_RESENT,       LT_DELIVERY_WAITING,      "delivery.released" },
    { LT_DELIVERY_CONFIRMED,   LT_EVENT_REFUSED,      LT_DELIVERY_REFUSED,      "delivery.refused" },
    { LT_DELIVERY_CONFIRMED,   LT_EVENT_RESENT,       LT_DELIVERY_WAITING,      "delivery.released" },
    { LT_DELIVERY_HELD,        LT_EVENT_RECEIPTED,    LT_DELIVERY_CONFIRMED,    "delivery.confirmed" },
    { LT_DELIVERY_HELD,        LT_EVENT_RELEASED,     LT_DELIVERY_WAITING,      "delivery.released" },
    { LT_DELIVERY_HELD,        LT_EVENT_GIVEN_UP,     LT_DELIVERY_REFUSED,      "delivery.refused" },
    { LT_DELIVERY_HELD,        LT_EVENT_WITHDRAWN,    LT_DELIVERY_WITHDRAWN,    "delivery.withdrawn" },
    { LT_DELIVERY_REFUSED,     LT_EVENT_RELEASED,     LT_DELIVERY_WAITING,      "delivery.released" },
};

const LtDeliveryRule *
lt_delivery_rules(gsize *n_rules)
{
    *n_rules = G_N_ELEMENTS(rules);
    return rules;
}

const LtDeliveryRule *
lt_delivery_rule(LtDeliveryState state, LtDeliveryEvent event)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i].from == state && rules[i].event == event)
            return &rules[i];
    return NULL;
}

const char *
lt_delivery_event_word(LtDeliveryEvent event)
{
    static const char *const words[] = { NULL,      "arrived",  "receipted", "postponed", "stuck",
                                         "refused", "released", "given-up",  "withdrawn", "resent" };

    return event >= LT_EVENT_ARRIVED && event <= LT_EVENT_LAST ? words[event] : NULL;
}

LtDeliveryEvent
lt_delivery_outcome(const GError *error)
{
    if (error == NULL)
        return LT_EVENT_ARRIVED;
    switch (lt_error_fate(error)) {
    case LT_FATE_REFUSE:
        return LT_EVENT_REFUSED;
    case LT_FATE_POSTPONE:
        return LT_EVENT_POSTPONED;
    case LT_FATE_HOLD:
    default:
        return LT_EVENT_STUCK;
    }
}

/* @share of @span, from 0 to just below @span. */
static gint64
portion(gint64 span, guint32 share)
{
    return (gint64) ((double) span * ((double) share / 4294967296.0));
}

gint64
lt_delivery_backoff(guint attempts, guint32 dice, gint64 retry_after_s, gint64 first_us, gint64 cap_us)
{
    gint64 wait_us = first_us;

    if (retry_after_s >= 0) {
        wait_us = retry_after_s * G_USEC_PER_SEC;
        return wait_us + portion(wait_us / 10, dice);
    }
    for (guint i = 1; i < attempts && wait_us < cap_us; i++)
        wait_us *= 2;
    wait_us = MIN(wait_us, cap_us);
    return wait_us - portion(wait_us / 2, dice);
}

static const LtDeliveryAdvice advices[] = {
    { "link.tls", "outage",
      "Chứng thư của hệ thống nhận đã hết hạn, bị thu hồi hoặc không thuộc CA đã khai. Kiểm tra chứng thư phía họ và các khóa ca, crl, pin của điểm kết nối.",
      "The receiving system's certificate is expired, revoked or of another CA. Check theirs, and ca, crl and pin of the endpoint." },
    { "link.address", "mapping", "Địa chỉ của hệ thống nhận chưa được phép. Nếu đúng là máy đó, thêm vào allowed_addresses của điểm kết nối.",
      "The address of the receiving system is not allowed. If it is the right machine, add it to allowed_addresses of the endpoint." },
    { "link.url", "mapping", "Sửa khóa url của điểm kết nối.", "Correct url of the endpoint." },
    { "link.path", "mapping", "Phần mềm kết nối tạo ra một đường dẫn sai. Sửa ánh xạ của điểm kết nối rồi thả lại.",
      "The mapping makes a path that is no path. Correct the endpoint's mapping and release." },
    { "link.header", "mapping", "Ánh xạ đưa ký tự điều khiển vào tiêu đề HTTP. Sửa ánh xạ rồi thả lại.",
      "The mapping puts a control character into an HTTP header. Correct the mapping and release." },
    { "link.reply-size", "outage", "Trả lời của hệ thống nhận lớn hơn giới hạn. Hub tự thử lại; tăng max_reply nếu đó là trả lời hợp lệ.",
      "The answer is over the limit. The hub tries again by itself; raise max_reply if such an answer is right." },
    { "link.", "outage", "Không kết nối được với hệ thống nhận. Gọi cho đơn vị vận hành hệ thống đó; hub tự thử lại.",
      "The receiving system cannot be reached. Call those who run it; the hub tries again by itself." },
    { "unavailable", "outage", "Hệ thống nhận đang bận hoặc tạm ngừng. Hub tự thử lại; gọi cho đơn vị vận hành nếu kéo dài.",
      "The receiving system is busy or down. The hub tries again by itself; call those who run it if it lasts." },
    { "delivery.poison", "data",
      "Hệ thống nhận vẫn nhận hồ sơ khác nhưng hồ sơ này thất bại nhiều lần. Xem nội dung với đơn vị nhận, sửa rồi thả lại, hoặc từ chối.",
      "The receiving system takes other dossiers but fails on this one every time. Look at it with the receiver; correct and release, or refuse." },
    { "delivery.no-endpoint", "mapping", "Điểm kết nối này không còn trong cấu hình. Khai lại điểm kết nối rồi thả, hoặc từ chối để nơi gửi gửi lại.",
      "This endpoint is no longer configured. Configure it again and release, or refuse so that the sender sends again." },
    { "delivery.by-operator", "data", "Một cán bộ đã từ chối lượt chuyển này. Hỏi người ghi trong nhật ký nếu cần thả lại.",
      "An operator refused this delivery. Ask who is named in the log before releasing it." },
    { "env.time.expired", "outage", "Hub nhận không nhận phong bì trước khi hết hạn. Nơi gửi phải gửi lại bằng phong bì mới.",
      "The next hub did not take the envelope before it expired. The sender must send again, in a new envelope." },
    { "endpoint.no-verb", "mapping", "Phần mềm kết nối của điểm này không giao được thông điệp. Sửa tuyến hoặc dùng phần mềm kết nối khác.",
      "The endpoint's plugin cannot deliver. Change the route, or use another plugin." },
    { "endpoint.dry", "mapping", "Điểm kết nối đang ở chế độ chạy thử (mode = dry): không gửi gì. Đặt mode = live rồi thả lại.",
      "The endpoint runs dry (mode = dry): nothing was sent. Set mode = live and release." },
    { "endpoint.", "mapping", "Kiểm tra phần khai báo của điểm kết nối: lthub endpoint check.", "Check the endpoint's section: lthub endpoint check." },
    { "link.file", "mapping", "Không đọc được tệp chứng thư hoặc khóa của điểm kết nối. Kiểm tra đường dẫn và quyền đọc.",
      "A certificate or key file of the endpoint cannot be read. Check its path and permissions." },
    { "link.ca", "mapping", "Sửa khóa ca của điểm kết nối: địa chỉ https cần danh sách CA.", "Correct ca of the endpoint: an https address needs it." },
    { "link.pin", "mapping", "Khóa công khai của hệ thống nhận khác với pin đã khai. Hỏi họ đã đổi khóa chưa, rồi sửa pin.",
      "The system's public key is not the pinned one. Ask whether they have changed it, then correct pin." },
    { "link.replay", "mapping", "Điểm kết nối chạy theo bản ghi (mode = replay) mà bản ghi không có lần gọi này. Đặt mode = live rồi thả lại.",
      "The endpoint replays a recording that does not hold this call. Set mode = live and release." },
    { "link.body", "bug", "Phần mềm kết nối không đọc được nội dung phải gửi. Chạy lthub audit check --full và báo nhóm phát triển.",
      "The plugin could not read what it was to send. Run lthub audit check --full and tell the developers." },
    { "map.attachments", "data", "Hồ sơ có nhiều hoặc lớn tệp đính kèm hơn mức hệ thống nhận cho phép. Nơi gửi giảm tệp đính kèm.",
      "More or larger attachments than the receiving system takes. The sender makes them fewer or smaller." },
    { "map.attachment", "bug", "Tệp đính kèm lưu trong hub không đọc được. Chạy lthub audit check --full và báo nhóm phát triển.",
      "An attachment kept by the hub cannot be read. Run lthub audit check --full and tell the developers." },
    { "map.failed", "mapping",
      "Ánh xạ jq báo lỗi với hồ sơ này. Nếu hồ sơ thiếu trường, từ chối để nơi gửi gửi lại; nếu ánh xạ sai, sửa, lthub reload rồi thả lại.",
      "The jq mapping raised an error on this dossier. If the dossier lacks something, refuse it so that the sender sends anew; if the mapping is wrong, "
      "correct it, lthub reload, then release." },
    { "map.", "mapping", "Ánh xạ jq của điểm kết nối không chuyển được hồ sơ này. Thử bằng lthub endpoint check, sửa, lthub reload rồi thả lại.",
      "The endpoint's jq mapping cannot map this dossier. Try it with lthub endpoint check, correct it, lthub reload, then release." },
    { "map", "mapping", "Ánh xạ jq của điểm kết nối sai. Thử bằng lthub endpoint check, sửa, lthub reload rồi thả lại.",
      "The endpoint's jq mapping is wrong. Try it with lthub endpoint check, correct it, lthub reload, then release." },
    { "reply.", "outage", "Hệ thống nhận trả lời sai quy cách (trang báo lỗi, không phải JSON). Báo đơn vị vận hành; hub tự thử lại.",
      "The receiving system answers nonsense (an error page, no JSON). Tell those who run it; the hub tries again by itself." },
    { "auth.nonsense", "outage", "Dịch vụ cấp token của hệ thống nhận trả lời sai quy cách. Báo đơn vị vận hành; hub tự thử lại.",
      "The receiving system's token service answers nonsense. Tell those who run it; the hub tries again by itself." },
    { "auth.", "mapping", "Hệ thống nhận không cấp token cho ta. Kiểm tra token_path, client_id, client_secret; thay bí mật, lthub reload rồi thả lại.",
      "The receiving system gives us no token. Check token_path, client_id and client_secret; renew the secret, lthub reload, then release." },
    { "rest.expired", "outage", "Phiên làm việc với hệ thống nhận hết hạn liên tục. Hub tự thử lại; gọi cho đơn vị vận hành nếu kéo dài.",
      "The session with the receiving system keeps expiring. The hub tries again by itself; call those who run it if it lasts." },
    { "portal.login", "mapping", "Cổng dịch vụ công không nhận tên đăng nhập hoặc mật khẩu. Thay username, password của điểm kết nối, lthub reload rồi thả lại.",
      "The portal does not take user name or password. Renew username and password of the endpoint, lthub reload, then release." },
    { "portal.session", "outage", "Cổng dịch vụ công không nhận phiên vừa cấp. Hub tự thử lại; gọi cho đơn vị vận hành cổng nếu kéo dài.",
      "The portal does not know a session that it has just given. The hub tries again by itself; call those who run the portal if it lasts." },
    { "portal.busy", "outage", "Cổng dịch vụ công hẹn lại. Hub tự thử lại.", "The portal asked to come later. The hub tries again by itself." },
    { "portal.catalogue", "outage", "Không ghi được danh mục của cổng. Kiểm tra thư mục catalogue.", "The portal's lists cannot be written. Check the folder 'catalogue'." },
    { "portal.settings", "mapping", "Sửa phần khai báo của cổng.", "Correct the portal's section." },
    { "portal.", "data", "Cổng dịch vụ công từ chối hồ sơ này (mã của cổng nằm trong lý do). Sửa dữ liệu hoặc ánh xạ rồi gửi lại.",
      "The portal refused this dossier (its code is in the reason). Correct the data or the map, then send again." },
    { "sms.not-yet", "mapping", "Đang trong giờ yên tĩnh: tin nhắn chờ đến hết giờ. Hub tự gửi.", "Quiet hours: the text waits until they are over. The hub sends by itself." },
    { "sms.number", "data", "Số điện thoại của chủ hồ sơ không đúng. Bộ phận một cửa hỏi lại người nộp.",
      "The telephone number of the dossier's owner is none. The one-stop desk asks the applicant." },
    { "sms.length", "mapping", "Tin nhắn dài hơn max_segments. Rút ngắn mẫu tin hoặc đặt diacritics = remove, lthub reload rồi thả lại.",
      "The text is over max_segments. Shorten the template or set diacritics = remove, lthub reload, then release." },
    { "sms.refused", "data", "Cổng tin nhắn từ chối tin này. Xem trả lời kèm theo.", "The gateway refused this text. See its kept answer." },
    { "sms.postponed", "outage", "Cổng tin nhắn hẹn lại. Hub tự thử lại.", "The gateway asked to come later. The hub tries again by itself." },
    { "sms.", "mapping", "Sửa phần khai báo của điểm tin nhắn.", "Correct the section of the text gateway." },
    { "rest.envelope", "bug", "Phong bì lưu trong hub không đọc được. Chạy lthub audit check --full và báo nhóm phát triển.",
      "The envelope kept by the hub cannot be read. Run lthub audit check --full and tell the developers." },
    { "rest.refused", "data", "Hệ thống nhận từ chối hồ sơ này. Xem trả lời kèm theo; nơi gửi sửa và gửi lại bằng phong bì mới.",
      "The receiving system said no to this dossier. See its kept answer; the sender corrects it and sends anew." },
    { "rest.postponed", "outage", "Hệ thống nhận hẹn lại. Hub tự thử lại.", "The receiving system asked to come later. The hub tries again by itself." },
    { "rest.", "mapping", "Kiểm tra ánh xạ và khai báo của điểm kết nối: lthub endpoint check.",
      "Check the endpoint's mapping and section: lthub endpoint check." },
    { "folder.size", "data", "Tệp lớn hơn mức cho phép của thư mục.", "A file is larger than the folder takes." },
    { "folder.files", "data", "Nhiều tệp hơn mức cho phép của thư mục.", "More files than the folder takes." },
    { "folder.settings", "mapping", "Sửa phần khai báo của thư mục.", "Correct the folder's section." },
    { "folder.", "outage", "Không đọc hoặc ghi được thư mục. Kiểm tra đĩa, chia sẻ mạng và quyền; hub tự thử lại.",
      "The folder cannot be read or written. Check disk, network share and permissions; the hub tries again by itself." },
    { "plugin.", "bug", "Phần mềm kết nối sai quy ước. Báo người viết nó kèm mã lượt chuyển.", "The plugin breaks its contract. Tell its author the number of the delivery." },
    { "json.", "data", "Nội dung không phải JSON hợp lệ. Nơi gửi sửa và gửi lại.", "The content is not valid JSON. The sender corrects and sends anew." },
    { "config", "mapping", "Phần khai báo của điểm kết nối sai hoặc thông tin đăng nhập không được chấp nhận. Sửa cấu hình, lthub reload, rồi thả lại.",
      "The endpoint's configuration is wrong, or its credentials are not accepted. Correct it, lthub reload, then release." },
    { "refused", "data", "Hệ thống nhận từ chối hồ sơ này. Xem biên nhận kèm theo; nơi gửi sửa và gửi lại bằng phong bì mới.",
      "The receiving system said no to this dossier. See its kept answer; the sender corrects it and sends anew." },
    { "invalid", "data", "Nội dung sai quy cách của hệ thống nhận. Nơi gửi sửa và gửi lại.", "The content breaks the receiving system's form. The sender corrects and sends anew." },
    { "too-large", "data", "Hồ sơ lớn hơn mức hệ thống nhận cho phép. Nơi gửi giảm dung lượng tệp đính kèm.",
      "The dossier is larger than the receiving system takes. The sender makes the attachments smaller." },
    { "forbidden", "data", "Đơn vị gửi không có quyền gửi loại này tới nơi nhận. Hỏi đơn vị nhận.", "The sender may not send this there. Ask the receiver." },
    { "not-found", "data", "Nơi nhận không biết hồ sơ hoặc đơn vị này. Kiểm tra mã hồ sơ và đơn vị nhận.",
      "The other side knows no such dossier or unit. Check the dossier's code and the receiver." },
    { "conflict", "data", "Nơi nhận đã có thông điệp cùng mã với nội dung khác. Xem hai bản và từ chối bản sai.",
      "The other side has the same id with other content. Compare the two and refuse the wrong one." },
    { "signature", "data", "Nơi nhận không chấp nhận chữ ký. Kiểm tra chứng thư và khóa đã đăng ký của nơi gửi.",
      "The other side does not accept the signature. Check the sender's certificate and registered key." },
    { "store.", "bug", "Nội dung lưu trong hub không đọc được. Chạy lthub audit check --full và báo nhóm phát triển.",
      "Content kept by the hub cannot be read. Run lthub audit check --full and tell the developers." },
    { "internal", "bug", "Lỗi của hub hoặc của phần mềm kết nối. Báo nhóm phát triển kèm mã lượt chuyển; thả lại sau khi sửa.",
      "A fault of the hub or of the plugin. Tell the developers the number of the delivery; release once it is mended." },
};

const LtDeliveryAdvice *
lt_delivery_advices(gsize *n_advices)
{
    *n_advices = G_N_ELEMENTS(advices);
    return advices;
}

static gboolean
advice_fits(const LtDeliveryAdvice *advice, const char *reason)
{
    gsize length = strlen(advice->reason);

    if (advice->reason[length - 1] == '.')
        return strncmp(advice->reason, reason, length) == 0;
    return strcmp(advice->reason, reason) == 0;
}

const LtDeliveryAdvice *
lt_delivery_advice(const char *reason)
{
    const LtDeliveryAdvice *best = NULL;

    for (gsize i = 0; reason != NULL && i < G_N_ELEMENTS(advices); i++)
        if (advice_fits(&advices[i], reason) && (best == NULL || strlen(advices[i].reason) > strlen(best->reason)))
            best = &advices[i];
    return best != NULL ? best : &advices[G_N_ELEMENTS(advices) - 1];
}

static const struct {
    const char *cause, *vi, *en;
} causes[] = {
    { "data", "dữ liệu của họ", "their data" },
    { "mapping", "cấu hình hoặc ánh xạ của ta", "our configuration or mapping" },
    { "outage", "hệ thống của họ ngừng", "their outage" },
    { "bug", "lỗi của hub", "our bug" },
};

const char *
lt_delivery_cause_text(const char *cause, const char *language)
{
    for (gsize i = 0; cause != NULL && i < G_N_ELEMENTS(causes); i++)
        if (strcmp(causes[i].cause, cause) == 0)
            return g_strcmp0(language, "vi") == 0 ? causes[i].vi : causes[i].en;
    return "";
}
