/* The tests that separate two candidates: what an engineer can do at night, with what is at hand. */
#include "location.h"

typedef struct TestWords {
        const char *test, *en, *zh;
} TestWords;

static const TestWords tests[] = {
        {"other-host-ping",
                "From another host of the same room, ping the gateway and a machine: if both answer there, "
                "it is "
                "this host's cable, port or interface; if not, the network",
                "在同机房另一台主机上 ping "
                "网关和密码机：那边都通，是本监测主机的网线、端口或网卡；那边也不通，是网络"},
        {"probe-starts",
                "Run `hsmctl probe` of this machine and of one that is well: if only this one brings "
                "nothing, it is "
                "its library or configuration; if both, this host",
                "对该密码机和一台正常的密码机分别执行 `hsmctl "
                "probe`：只有该密码机没有结果，是其客户端库或配置；两台都没有，是监测主机"},
        {"compare-fingerprint",
                "Compare the key's fingerprint on this machine with the other members (`hsmctl keys`): "
                "another one "
                "means another key; the same one means that the machine computes wrongly",
                "用 `hsmctl keys` 与其他成员比对该密钥的公钥摘要：不同说明密钥被换；相同说明密码机运算出错"},
        {"read-serial",
                "Read the serial number on the machine's plate or console: if it is the configured one, the "
                "library's configuration points to another machine; if not, the machine was exchanged",
                "查看机身铭牌或管理界面上的序列号：与配置一致，是客户端配置指向了别的机器；不一致，是机器被更"
                "换"},
        {"compare-firmware",
                "Compare firmware version and licence with a member that is well (`hsmctl status` of both): "
                "if they "
                "differ, it is the machine; if not, the vendor profile",
                "与正常成员比对固件版本和授权（分别执行 `hsmctl "
                "status`）：不同，是密码机；相同，是厂商配置文件"},
        {"agent-on-console",
                "Look in the machine's console whether its SNMP agent runs and allows this host: if both, "
                "the agent "
                "hangs; if not allowed, the access list",
                "在密码机管理界面查看 SNMP "
                "代理是否运行、是否允许本主机：都是，则代理卡死；未允许，则是访问白名单"},
        {"ping-times",
                "Ping the machine ten times, then its gateway: if both are slow, it is the network; if the "
                "pings are "
                "quick, the machine or its load",
                "ping 密码机十次，再 ping 网关：两者都慢，是网络；ping 都快，是密码机或其负载"},
        {"service-on-console",
                "Wait until the machine has run for ten minutes, then look at its service's state in the "
                "console: if "
                "it is not started by then, it is the service",
                "等密码机启动满十分钟后在管理界面查看密码服务状态：届时仍未启动，是服务故障"},
        {"boots-on-console",
                "Look at the machine's display or serial console: if it starts by itself, wait ten minutes; "
                "if it "
                "starts again and again or asks something, it is the machine",
                "查看密码机面板或串口：正在正常启动，等十分钟；反复重启或停在提示处，是密码机本身"},
        {"port-from-other-host",
                "Connect to the service's port from another host on its list (`nc -vz ADDRESS PORT`): if it "
                "connects "
                "there, it is the access list or a firewall; if not, the service",
                "在白名单内的另一台主机上连接服务端口（`nc -vz 地址 "
                "端口`）：能连上，是访问白名单或防火墙；连不上，是密码服务"},
        {"vendor-tool-other-host",
                "Run the vendor's own test tool against this machine from another host: if it works there, "
                "it is "
                "this host's library or its configuration; if not, the machine",
                "在另一台主机上用厂商自带的测试工具连接该密码机：那边正常，是监测主机的客户端库或配置；那边也"
                "失败"
                "，是密码机一侧"},
        {"client-list",
                "Look in the machine's console whether this host's address (and certificate) is in its list "
                "of "
                "clients: if not, that is it; if it is, restart the service there, or mend the library's "
                "configuration here",
                "在密码机管理界面查看客户端白名单中是否有监测主机的地址（及证书）：没有，就是白名单；有，则重"
                "启其服务或检查监测主机上的客户端配置"},
        {"machine-log",
                "Look in the machine's log for the refused login: if it stands there, it is the PIN or the "
                "user's "
                "rights; if not, the service. Do not try PINs by hand",
                "在密码机日志中查找被拒绝的登录：有记录，是口令(PIN)"
                "或用户权限；没有，是密码服务。不要手工试口令"},
        {"self-test",
                "Run the self-test in the machine's console: if it fails, it is the machine (its cipher "
                "card); if it "
                "passes, restart the service",
                "在密码机管理界面执行自检：不通过，是密码机（密码卡）；通过，则重启密码服务"},
        {"other-key",
                "Look whether another key of this machine works (`hsmctl keys`, or the vendor's test tool): "
                "if one "
                "does, it is this key; if none, the service",
                "查看该密码机其他密钥是否可用（`hsmctl keys` "
                "或厂商测试工具）：有可用的，是该密钥；都不可用，是密码服务"},
        {"room-power",
                "Look at the room: if its machines have light, it is the switch or the line to the room; if "
                "they are "
                "dark, their power",
                "查看机房：密码机指示灯亮，是交换机或到机房的线路；灯灭，是供电"},
        {"link-light",
                "Look at the machine: if it is dark, its power; if it runs, look at the light of its network "
                "port and "
                "of the switch's, and exchange cable and port",
                "查看密码机：不亮，是电源；在运行，看其网口灯和交换机端口灯，更换网线和端口"},
        {"ping-gateway",
                "Ping the gateway of the machine's network: if it does not answer, it is the network; if it "
                "does, "
                "the machine, its power or its cable",
                "ping 密码机所在网段的网关：不通，是网络；通，是密码机、其电源或网线"},
        {"ping-machine",
                "Ping the machine and connect to its service's port (`nc -vz ADDRESS PORT`): if it answers "
                "neither, "
                "it is the machine or the way to it; if only the port is silent, its service; if both "
                "answer, the "
                "library on this host",
                "ping 密码机并连接其服务端口（`nc -vz 地址 "
                "端口`"
                "）：都不通，是密码机或到它的网络；仅端口不通，是密码服务；都通，是监测主机上的客户端库"},
};

const char *location_test_words(const char *test, bool zh) {
        for (size_t i = 0; test && i < ELEMENTSOF(tests); i++)
                if (streq(tests[i].test, test))
                        return zh ? tests[i].zh : tests[i].en;
        return NULL;
}
