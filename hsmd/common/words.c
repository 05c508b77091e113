#include "words.h"

#include "terms.h"

typedef struct Word {
        const char *en, *zh;
} Word;

typedef struct ReasonWord {
        const char *en, *zh, *brief_en, *brief_zh;
} ReasonWord;

static const Word step_words[] = {
        [STEP_NONE] = {"none", "无"},
        [STEP_CONNECT] = {"connect", "网络连接"},
        [STEP_LOAD] = {"load", "加载模块"},
        [STEP_INITIALIZE] = {"initialize", "初始化"},
        [STEP_SLOT] = {"slot", "查找槽位"},
        [STEP_TOKEN] = {"token", "识别令牌"},
        [STEP_SESSION] = {"session", "打开会话"},
        [STEP_LOGIN] = {"login", "口令登录"},
        [STEP_FIND] = {"find", "查找密钥"},
        [STEP_SIGN] = {"sign", "签名"},
        [STEP_VERIFY] = {"verify", "验签"},
        [STEP_RANDOM] = {"random", "取随机数"},
        [STEP_DECRYPT] = {"decrypt", "解密"},
        [STEP_ENCRYPT] = {"encrypt", "加密"},
        [STEP_MAC] = {"mac", "计算MAC"},
};

static const Word agent_words[] = {
        [AGENT_NOT_CONFIGURED] = {"not configured", "未配置"},
        [AGENT_OK] = {"ok", "正常"},
        [AGENT_SILENT] = {"silent", "无应答"},
        [AGENT_REFUSED] = {"refused us", "拒绝访问"},
        [AGENT_DUPLICATE_ENGINE] = {"engine id used twice", "引擎标识重复"},
        [AGENT_UNKNOWN] = {"unknown", "状态未知"},
};

static const Word exercise_words[] = {
        [EXERCISE_SIGN] = {"signs in checks", "拨测时签名并验签"},
        [EXERCISE_DECRYPT] = {"decrypts in checks", "拨测时解密"},
        [EXERCISE_MAC] = {"makes MACs in checks", "拨测时计算MAC"},
        [EXERCISE_ENCRYPT] = {"check value compared", "拨测时核对校验值"},
        [EXERCISE_PRESENT] = {"looked for, not used", "只查是否存在，不使用"},
};

static const Word limit_words[] = {
        [LIMITED_NONE] = {"nothing that was found; more sessions may bring more",
                "未发现瓶颈；增加会话数可能更快"},
        [LIMITED_CLIENT] = {"this host's processor; the machine can do more", "本机处理器；密码机还能更快"},
        [LIMITED_LOAD] = {"the machine's other work; stopped early for its sake",
                "密码机正忙于业务；为不影响业务已提前停止"},
        [LIMITED_MACHINE] = {"the machine itself; more sessions bring no more",
                "密码机本身；再增加会话数也不会更快"},
};

static const char *const type_words[] = {[KEY_TYPE_RSA] = "RSA",
        [KEY_TYPE_EC] = "EC",
        [KEY_TYPE_SM2] = "SM2",
        [KEY_TYPE_AES] = "AES",
        [KEY_TYPE_SM4] = "SM4",
        [KEY_TYPE_HMAC] = "HMAC",
        [KEY_TYPE_OTHER] = "?"};

static const ReasonWord reason_words[] = {
        [REASON_NONE] = {"none", "无", "", ""},
        [REASON_STARTING] = {"no check has ended yet", "首次拨测尚未完成", "starting", "首次拨测中"},
        [REASON_NO_EVIDENCE] = {"a due check brought no evidence in time", "应有的拨测未按时给出检测证据",
                "no evidence", "无检测证据"},
        [REASON_CALL_FAILED] = {"a call returned an error", "接口调用返回错误", "call failed", "调用失败"},
        [REASON_TIMEOUT] = {"a call had not returned by the deadline", "接口调用到期限仍未返回", "timeout",
                "超时未返回"},
        [REASON_CRASHED] = {"the vendor's module crashed inside a call", "厂商模块在接口调用中崩溃",
                "crashed", "模块崩溃"},
        [REASON_NOT_FOUND] = {"what is configured was not found", "未找到所配置的对象", "not found",
                "未找到"},
        [REASON_SERIAL_MISMATCH] = {"another serial number than the configured one answers",
                "应答设备的序列号与配置不符", "serial mismatch", "序列号不符"},
        [REASON_PIN_REFUSED] = {"this PIN was refused before and is not sent again",
                "该口令(PIN)曾被拒绝，不再发送", "PIN refused", "口令(PIN)被拒"},
        [REASON_PIN_LOCKED] = {"the machine says that the PIN is locked", "密码机报告口令(PIN)已锁定",
                "PIN locked", "口令(PIN)锁定"},
        [REASON_PIN_FINAL_TRY] = {"one try of the PIN is left; hsmd does not use it",
                "口令(PIN)只剩最后一次机会，hsmd 不使用", "PIN: last try", "口令(PIN)仅剩一次"},
        [REASON_PIN_UNAVAILABLE] = {"the PIN's file or credential cannot be read",
                "口令(PIN)文件或凭据无法读取", "PIN unavailable", "口令(PIN)读不到"},
        [REASON_WRONG_SIGNATURE] = {"a signature did not verify against the pinned public key",
                "签名用登记的公钥验证不通过", "wrong signature", "签名错误"},
        [REASON_KEY_MISSING] = {"a configured key is missing", "所配置的密钥缺失", "key missing", "密钥缺失"},
        [REASON_KEY_MISMATCH] = {"a public key is not the pinned one", "公钥与登记的不一致", "key mismatch",
                "密钥不一致"},
        [REASON_HOT] = {"temperature at or above its warning limit", "温度达到或超过警告值", "hot",
                "温度过高"},
        [REASON_SENSOR_LOST] = {"a sensor, or the agent that tells of it, cannot be read",
                "传感器或其SNMP代理读不到", "sensor lost", "传感器失联"},
        [REASON_MODULE_REFUSED] = {"the vendor's module cannot be loaded or lacks a function",
                "厂商模块无法加载或缺少函数", "module refused", "模块无法加载"},
        [REASON_SLOW] = {"checks succeed, but slowly", "拨测成功，但响应缓慢", "slow", "响应缓慢"},
        [REASON_GUARD_UNREADABLE] = {"the note of refused PINs cannot be read: no login",
                "口令(PIN)拒绝记录无法读取，不登录", "guard unreadable", "口令(PIN)记录读不到"},
        [REASON_PIN_WAITING] = {"a PIN new to the pool is being tried on another member first",
                "新口令(PIN)正先在同集群另一台上试用，本机等待", "PIN waiting", "等待口令(PIN)验证"},
        [REASON_PROFILE_MISMATCH] = {"the key is right, the vendor profile describes the mechanism wrongly",
                "密钥正确，厂商配置文件对算法机制的描述有误", "profile mismatch", "厂商配置不符"},
        [REASON_NONCE_REPEATED] =
                {"a signature's nonce repeated: take the machine out of use, the key counts "
                 "as compromised",
                        "签名随机数重复：立即停用此密码机，该密钥视为已泄露", "nonce repeated",
                        "签名随机数重复"},
        [REASON_RANDOM_WEAK] = {"its random numbers fail the health check", "随机数健康检查未通过",
                "random weak", "随机数异常"},
        [REASON_SESSION_LIMIT] = {"the machine has no session left", "密码机会话数已用尽", "session limit",
                "会话用尽"},
        [REASON_KEY_FAILING] = {"one of several keys cannot be used", "有密钥使用失败", "key failing",
                "密钥使用失败"},
        [REASON_CERTIFICATE_EXPIRING] = {"a key's certificate expires soon or has expired",
                "密钥的证书即将到期或已到期", "certificate expiring", "证书将到期"},
        [REASON_MECHANISM_MISSING] = {"the machine does not offer a mechanism that a key needs",
                "密码机不提供密钥所需的算法机制", "mechanism missing", "缺少算法机制"},
        [REASON_BUSY] = {"the machine says that it is busy", "密码机报告忙", "busy", "密码机忙"},
        [REASON_LOG_FULL] = {"the machine's log is full; it refuses work", "密码机日志已满，拒绝服务",
                "log full", "日志已满"},
        [REASON_WRONG_ANSWER] = {"a decryption, MAC or check value is wrong", "解密、MAC或校验值结果错误",
                "wrong answer", "结果错误"},
        [REASON_MAINTENANCE] = {"taken out of service on an operator's word", "由运维人员安排退出服务",
                "maintenance", "维护中"},
        [REASON_UNKILLABLE] = {"its probes cannot be killed; no more are started",
                "拨测进程无法结束，不再启动新的", "unkillable", "进程无法结束"},
        [REASON_COLD] = {"temperature at or below its low limit", "温度达到或低于下限", "cold", "温度过低"},
        [REASON_TEMPERATURE_RISING] = {"its temperature rises and will reach a limit soon",
                "温度持续上升，不久将达到限值", "temperature rising", "温度上升"},
        [REASON_TEMPERATURE_DEVIATING] = {"its temperature is far from that of its pool at like load",
                "负载相近时温度明显偏离同集群", "temperature deviating", "温度偏离"},
        [REASON_ABOVE_ROOM] = {"it is too much warmer than its room", "温度高出机房过多", "above room",
                "高出机房温度"},
        [REASON_ROOM_WARM] = {"its room warms it and its neighbours", "机房升温，多台密码机同时变热",
                "room warm", "机房升温"},
        [REASON_FAN_FAILED] = {"a fan has failed or turns too slowly", "风扇故障或转速过低", "fan failed",
                "风扇故障"},
        [REASON_POWER_FAILED] = {"a power supply has failed", "电源模块故障", "power failed", "电源故障"},
        [REASON_SENSOR_LIMIT] = {"a sensor is beyond its limit", "有传感器超出限值", "sensor limit",
                "传感器超限"},
        [REASON_SENSOR_FROZEN] = {"a sensor's value has not changed for too long: it is none",
                "传感器数值长时间不变，不可信", "sensor frozen", "传感器数值不变"},
        [REASON_AGENT_RESTARTED] = {"its SNMP agent has just started anew", "SNMP代理刚刚重新启动",
                "agent restarted", "SNMP代理重启"},
        [REASON_REBOOTED] = {"the machine has rebooted", "密码机重启过", "rebooted", "重启过"},
        [REASON_SESSIONS_NEAR_LIMIT] = {"its sessions are nearly used up", "密码机会话数接近上限",
                "sessions near limit", "会话将用尽"},
        [REASON_DUPLICATE_ENGINE_ID] = {"another machine's SNMP agent has the same engine id",
                "与另一台密码机的SNMP引擎标识相同", "duplicate engine id", "引擎标识重复"},
        [REASON_FLAPPING] = {"it fails and comes back too often to be relied on", "反复故障又恢复，不可靠",
                "flapping", "反复故障"},
        [REASON_WATCHER_ISOLATED] = {"this host's own link is gone: nothing is proven of the machines",
                "本监测主机自身的网络中断，密码机状况无从判定", "watcher isolated", "监测主机断网"},
        [REASON_COMMON_CAUSE] = {"several machines fell together", "多台密码机同时故障", "common cause",
                "共同原因"},
        [REASON_SHARED_SERVICE] = {"the local service that their modules share is gone",
                "各模块共用的本机服务中断", "shared service", "共用服务中断"},
        [REASON_SUPERSEDED] = {"another alarm says it, and more", "已由另一条告警代替", "superseded",
                "已被代替"},
        [REASON_VIRTUAL_DISAGREES] = {"the virtual slot and its members disagree", "虚拟槽位与其成员状态不符",
                "virtual slot disagrees", "虚拟槽位不符"},
        [REASON_BOUND_EXCEEDED] = {"a fault was found later than the published bound says",
                "发现故障的用时超过公布的检测时限", "bound exceeded", "超过检测时限"},
        [REASON_MAINTENANCE_ENDING] = {"its maintenance ends soon", "维护即将到期", "maintenance ending",
                "维护将到期"},
        [REASON_UNCONFIGURED] = {"it is not configured any more", "已不在配置中", "unconfigured",
                "已不在配置中"},
        [REASON_DISK_SLOW] = {"the disk is too slow: events are told before they are kept",
                "磁盘过慢，事件先通报、后落盘", "disk slow", "磁盘过慢"},
        [REASON_DISK_FULL] = {"the disk is full: history is not kept", "磁盘已满，历史记录无法保存",
                "disk full", "磁盘已满"},
        [REASON_HISTORY_DAMAGED] = {"the history could not be read and was set aside; a new one was begun",
                "历史记录损坏，已移开另存并重新开始", "history damaged", "历史记录损坏"},
        [REASON_RECEIVER_REFUSES] = {"a receiver refuses notifications", "网管拒收通知", "receiver refuses",
                "网管拒收"},
        [REASON_RECEIVER_SILENT] = {"a receiver does not acknowledge notifications", "网管没有确认通知",
                "receiver silent", "网管无确认"},
        [REASON_QUEUE_FULL] = {"notifications for a receiver were dropped, its queue is full",
                "通知队列已满，丢弃了最早的通知", "queue full", "通知队列满"},
        [REASON_SELFTEST] = {"somebody tries whether alarms arrive; nothing is wrong",
                "告警通路自检，并无故障", "selftest", "通路自检"},
};

static const Word place_words[] = {
        [PLACE_MACHINE] = {"the machine or its power", "密码机本身或其电源"},
        [PLACE_NETWORK] = {"the network on the way to it", "到密码机的网络"},
        [PLACE_SERVICE] = {"the cipher service on the machine", "密码机上的密码服务"},
        [PLACE_CLIENT] = {"the vendor's library on this host, or its configuration",
                "本机的厂商客户端库或其配置"},
        [PLACE_ACCESS_LIST] = {"the machine's list of allowed clients, or a firewall",
                "密码机的客户端白名单或防火墙"},
        [PLACE_PIN] = {"the PIN", "口令(PIN)"},
        [PLACE_KEY] = {"the key", "密钥"},
        [PLACE_NOT_READY] = {"the machine is starting, busy or full", "密码机正在启动、繁忙或已满"},
        [PLACE_HOST] = {"this host itself", "本监测主机自身"},
};

_Static_assert(ELEMENTSOF(place_words) == PLACE_LAST + 1, "every place has its words");

_Static_assert(ELEMENTSOF(reason_words) == REASON_LAST + 1, "every reason has its words");
_Static_assert(ELEMENTSOF(step_words) == STEP_MAX + 1, "every step has its words");

static const char *pick(Lang lang, const char *en, const char *zh) {
        const char *s = lang == LANG_ZH ? zh : en;

        return s ? s : "?";
}

static const char *word_at(Lang lang, const Word *words, size_t n, unsigned value) {
        return value < n ? pick(lang, words[value].en, words[value].zh) : "?";
}

const char *word_of_state(Lang lang, const NameTable *table, unsigned value) {
        const char *name = name_of(table, value);

        if (lang == LANG_EN)
                return name;
        return streq(name, "ok") ? "正常" : term_zh(name);
}

const char *word_of_step(Lang lang, unsigned step) {
        return word_at(lang, step_words, ELEMENTSOF(step_words), step);
}

const char *word_of_agent(Lang lang, unsigned state) {
        return word_at(lang, agent_words, ELEMENTSOF(agent_words), state);
}

const char *word_of_exercise(Lang lang, unsigned exercise) {
        return word_at(lang, exercise_words, ELEMENTSOF(exercise_words), exercise);
}

const char *word_of_place(Lang lang, unsigned place) {
        return word_at(lang, place_words, ELEMENTSOF(place_words), place);
}

const char *word_of_key_type(unsigned type) {
        return type < ELEMENTSOF(type_words) && type_words[type] ? type_words[type] : "?";
}

const char *word_of_limit(Lang lang, unsigned limited_by) {
        return word_at(lang, limit_words, ELEMENTSOF(limit_words), limited_by);
}

const char *word_of_reason(Lang lang, unsigned reason, bool brief) {
        const ReasonWord *w;

        if (reason >= ELEMENTSOF(reason_words))
                return "?";
        w = &reason_words[reason];
        return brief ? pick(lang, w->brief_en, w->brief_zh) : pick(lang, w->en, w->zh);
}

void word_of_age(Lang lang, uint64_t seconds, char *dst, size_t size) {
        static const struct {
                uint64_t seconds;
                const char *en, *zh;
        } units[] = {{86400, "d", "天"}, {3600, "h", "时"}, {60, "m", "分"}, {1, "s", "秒"}};
        size_t i = 0;

        while (i + 1 < ELEMENTSOF(units) && seconds < units[i].seconds)
                i++;
        if (i + 1 == ELEMENTSOF(units))
                snprintf(dst, size, "%llu%s", (unsigned long long) seconds,
                        pick(lang, units[i].en, units[i].zh));
        else
                snprintf(dst, size, lang == LANG_ZH ? "%llu%s%llu%s" : "%llu%s %llu%s",
                        (unsigned long long) (seconds / units[i].seconds),
                        pick(lang, units[i].en, units[i].zh),
                        (unsigned long long) (seconds % units[i].seconds / units[i + 1].seconds),
                        pick(lang, units[i + 1].en, units[i + 1].zh));
}

void word_of_duration(Lang lang, usec_t usec, char *dst, size_t size) {
        if (usec < USEC_PER_MSEC)
                snprintf(dst, size, "%llu %s", (unsigned long long) usec, pick(lang, "us", "微秒"));
        else if (usec < USEC_PER_SEC)
                snprintf(dst, size, "%.1f %s", (double) usec / 1e3, pick(lang, "ms", "毫秒"));
        else
                snprintf(dst, size, "%.1f %s", (double) usec / 1e6, pick(lang, "s", "秒"));
}
