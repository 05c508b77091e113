#include "terms.h"

const Term terms[] = {
        {"device", "服务器密码机（密码机）", "密码机"},
        {"pool", "密码机集群", NULL},
        {"site", "机房", NULL},
        {"service", "业务系统", NULL},
        {"probe (the act)", "拨测", NULL},
        {"key availability", "密钥可用性", NULL},
        {"key matrix", "密钥一致性核对表", NULL},
        {"fingerprint", "公钥摘要", NULL},
        {"PIN", "口令(PIN)；SDF: 私钥访问控制码", "口令(PIN)"},
        {"certificate", "证书", NULL},
        {"up", "正常", NULL},
        {"degraded", "降级运行", NULL},
        {"suspect", "疑似故障", NULL},
        {"down", "故障", NULL},
        {"recovering", "恢复观察", NULL},
        {"maintenance", "维护中", NULL},
        {"unknown", "状态未知", NULL},
        {"alarm", "告警", NULL},
        {"critical", "紧急", NULL},
        {"major", "重要", NULL},
        {"minor", "次要", NULL},
        {"warning", "警告", NULL},
        {"acknowledge", "确认", NULL},
        {"clear (alarm)", "清除", NULL},
        {"failover", "故障切换", NULL},
        {"survivable", "还可承受故障台数", NULL},
        {"headroom", "性能余量", NULL},
        {"throughput", "SM2签名 次/秒；SM4 Mbps", NULL},
        {"drill", "应急演练", NULL},
        {"known-answer test", "算法正确性检测", NULL},
        {"incident report", "事件分析报告", NULL},
        {"inspection", "定期巡检", NULL},
        {"fault record", "故障记录", NULL},
        {"vendor bundle", "诊断信息包", NULL},
        {"signature block (paper)", "签字盖章栏", NULL},
        {"asset card", "设备台账", NULL},
        {"emergency plan", "应急预案", NULL},
        {"random health check", "随机数健康检查", NULL},
        {"re-test after repair", "维修后复测", NULL},
        {"redundant", "有冗余", NULL},
        {"at_capacity", "无冗余", NULL},
        {"lost", "集群不可用", NULL},
        {"at_risk", "有风险", NULL},
        {"usable", "可用", NULL},
        {"present_only", "仅存在（未试签）", NULL},
        {"mismatch", "不一致", NULL},
        {"missing", "缺失", NULL},
        {"failing", "使用失败", NULL},
        {"evidence", "检测证据", NULL},
        {"verdict", "判定", NULL},
        {"event", "事件", NULL},
        {"mechanism", "算法机制", NULL},
        {"sensor", "传感器", NULL},
        {"agent (SNMP)", "SNMP代理", NULL},
};

const size_t n_terms = ELEMENTSOF(terms);

const char *term_zh(const char *english) {
        for (size_t i = 0; i < n_terms; i++)
                if (streq(terms[i].english, english))
                        return terms[i].brief ? terms[i].brief : terms[i].chinese;
        return english;
}
