#include "advice.h"

/* The first entry that matches is taken, so the special ones stand before the general ones. 0 and NULL match
 * all. */
typedef struct Advice {
        unsigned state, step, reason; /* DeviceState, Step, Reason */
        const char *ret;
        const char *en, *zh;
} Advice;

static const Advice advices[] = {
        /* what a state alone says */
        {DEVICE_UP, 0, 0, NULL, "Nothing to do.", "无需处理。"},
        {DEVICE_MAINTENANCE, 0, 0, NULL, "The machine is in maintenance; ask who works on it.",
                "密码机维护中；向正在操作的人员了解情况。"},
        {DEVICE_RECOVERING, 0, 0, NULL,
                "The machine answers again; hsmd watches it for a few more checks.\n"
                "Find out what restarted it, so that it does not come back.",
                "密码机已重新应答，hsmd 再观察几次拨测。\n查清是什么让它中断过，以免再次发生。"},
        {0, 0, REASON_STARTING, NULL,
                "hsmd has just started; wait for the first check (at most the detection bound).",
                "hsmd 刚启动；等待首次拨测（不超过检测上限）。"},
        {0, 0, REASON_NO_EVIDENCE, NULL,
                "hsmd could not check in time; the machine itself may be well.\n"
                "Is this host overloaded, or is a hsmd-probe stuck? See top, and journalctl -u hsmd.\n"
                "Try the business systems on this machine before touching it.",
                "hsmd 未能按时拨测，密码机本身未必有故障。\n"
                "看本机是否过载、hsmd-probe 是否卡住：top，journalctl -u hsmd。\n"
                "动密码机之前，先确认业务系统使用它是否正常。"},

        /* severe whatever the step */
        {0, 0, REASON_NONCE_REPEATED, NULL,
                "Take this machine out of business use NOW: two such signatures give the private key away.\n"
                "Treat the key as compromised on every machine that holds it: stop its use, revoke its "
                "certificate.\n"
                "Report a security incident, call the vendor; keep what hsmctl device NAME --json=pretty "
                "prints.",
                "立即让业务停用这台密码机：两次这样的签名即可推算出私钥。\n"
                "该密钥视为已泄露：凡存有它的密码机都停止使用它，并吊销证书。\n"
                "按安全事件上报并联系厂商；保存 hsmctl device 名称 --json=pretty 的输出。"},
        {0, 0, REASON_WRONG_ANSWER, NULL,
                "Worse than an outage: results are wrong. Take the machine out of business use now.\n"
                "Was the key replaced or restored lately? Then its check_value in hsmd.conf may be the old "
                "one.\n"
                "If not: report a security incident, do not restart the machine, call the vendor.",
                "比停机更严重：运算结果是错的。立即让业务停用这台密码机。\n"
                "近期是否更换或恢复过该密钥？若是，hsmd.conf 的 check_value 可能是旧值。\n"
                "若没有：按安全事件上报，不要重启，并联系厂商。"},
        {0, 0, REASON_RANDOM_WEAK, NULL,
                "The machine's random numbers are bad: no key may be generated on it now.\n"
                "SM2 and ECDSA signatures need them too: take it out of business use if the pool can lose "
                "one.\n"
                "Run the self-test in its console, and call the vendor.",
                "密码机的随机数异常：此时不得在其上生成密钥。\n"
                "SM2 签名也依赖随机数：集群还可承受故障台数大于 0 时，让业务停用这台。\n"
                "在管理界面做自检，并联系厂商。"},
        {0, 0, REASON_WRONG_SIGNATURE, NULL,
                "Worse than an outage: signatures are wrong. Take the machine out of business use now.\n"
                "Do not restart it; keep what hsmctl device NAME --json=pretty prints.\n"
                "Report it as a security incident and call the vendor.",
                "比停机更严重：签名结果是错的。立即让业务停用这台密码机。\n"
                "不要重启；保存 hsmctl device 名称 --json=pretty 的输出。\n"
                "按安全事件上报，并联系厂商。"},
        {0, 0, REASON_KEY_MISMATCH, NULL,
                "The key on this machine is another one than on record: was a key change planned?\n"
                "If not: take the machine out of business use and report a security incident.\n"
                "If so: put the new public key into hsmd.conf, then hsmctl reload.",
                "这台密码机上的密钥与登记的不同：是否有计划地更换过密钥？\n"
                "若没有：让业务停用这台密码机，并按安全事件上报。\n"
                "若有：把新公钥写入 hsmd.conf，再执行 hsmctl reload。"},
        {0, 0, REASON_SERIAL_MISMATCH, NULL,
                "Another machine answers than the one on record: was one replaced, or are two addresses "
                "swapped?\n"
                "Compare the serial number on the case with serial in hsmd.conf.\n"
                "After a replacement: correct hsmd.conf, then hsmctl reload.",
                "应答的不是登记的那台：是否更换过机器，或两台的地址配反了？\n"
                "核对机身序列号与 hsmd.conf 中的 serial。\n"
                "确属换机时：改正 hsmd.conf，再执行 hsmctl reload。"},

        /* the PIN */
        {0, 0, REASON_PIN_REFUSED, NULL,
                "Do not try PINs: wrong ones lock the machine. hsmd will not send this one again.\n"
                "Ask the key custodian for the right PIN and correct its file; hsmd tries a new one once.\n"
                "If the PIN is right after all (it was changed on the machine): hsmctl pin retry NAME",
                "不要反复试口令(PIN)：多次错误会锁死密码机。hsmd 不再发送这个口令。\n"
                "向密钥管理员核对口令(PIN)，改正口令文件；新口令 hsmd 只试一次。\n"
                "若口令其实正确（密码机一侧已改正）：hsmctl pin retry 名称"},
        {0, 0, REASON_PIN_WAITING, NULL,
                "Nothing to do here: a PIN new to the pool is tried on one other machine first.\n"
                "If it stays so: hsmctl status, which machine of the pool is at login? Look at that one.",
                "本机无需处理：新口令(PIN)先在同集群另一台上试一次。\n"
                "若一直如此：用 hsmctl status 看同集群哪台停在口令登录，先处理那台。"},
        {0, 0, 0, "CKR_PIN_INCORRECT",
                "The PIN is wrong. Do not try others: wrong ones lock the machine.\n"
                "Ask the key custodian for the right PIN and correct its file; hsmd tries a new one once.\n"
                "If the PIN is right after all (it was changed on the machine): hsmctl pin retry NAME",
                "口令(PIN)错误。不要再试别的：多次错误会锁死密码机。\n"
                "向密钥管理员核对口令(PIN)，改正口令文件；新口令 hsmd 只试一次。\n"
                "若口令其实正确（密码机一侧已改正）：hsmctl pin retry 名称"},
        {0, 0, REASON_PIN_LOCKED, NULL,
                "The PIN is locked: only the machine's security officer can unlock it.\n"
                "Find out who entered wrong PINs; hsmd tries each PIN once only.",
                "口令(PIN)已锁定：只能由密码机的安全管理员解锁。\n"
                "查清是谁多次输错；hsmd 对每个口令只试一次。"},
        {0, 0, 0, "CKR_PIN_LOCKED",
                "The PIN is locked: only the machine's security officer can unlock it.\n"
                "Find out who entered wrong PINs; hsmd tries each PIN once only.",
                "口令(PIN)已锁定：只能由密码机的安全管理员解锁。\n"
                "查清是谁多次输错；hsmd 对每个口令只试一次。"},
        {0, 0, REASON_PIN_FINAL_TRY, NULL,
                "One try is left before the machine locks; hsmd does not use it.\n"
                "Let the key custodian log in once with the right PIN: that clears the count.\n"
                "Then: hsmctl pin retry NAME",
                "再错一次密码机就会锁定，hsmd 不使用这最后一次机会。\n"
                "请密钥管理员用正确的口令(PIN)登录一次，错误计数即清零。\n"
                "然后执行 hsmctl pin retry 名称"},
        {0, 0, REASON_PIN_UNAVAILABLE, NULL,
                "The machine was not tried. Does the PIN's file exist, owned by hsmd, mode 0600?\n"
                "With systemd: is it in LoadCredential=? Then systemctl restart hsmd.",
                "尚未接触密码机。口令文件是否存在、属主是否为 hsmd、权限是否为 0600？\n"
                "用 systemd 凭据时：LoadCredential= 是否写了？改好后 systemctl restart hsmd。"},
        {0, 0, REASON_GUARD_UNREADABLE, NULL,
                "The machine was not tried: without its note of refused PINs hsmd does not log in.\n"
                "Look at the state directory (/var/lib/hsmd): disk full or faulty, wrong owner?",
                "尚未接触密码机：读不到口令(PIN)拒绝记录时 hsmd 不登录。\n"
                "检查状态目录 /var/lib/hsmd：磁盘是否已满或损坏、属主是否正确？"},

        /* the machine serves */
        {0, 0, REASON_HOT, NULL,
                "The machine still serves. Air conditioning, rack airflow, fans, dust filters?\n"
                "Compare with its room and the other machines: hsmctl sensors.\n"
                "If it keeps rising, plan to switch the machine off before its critical limit.",
                "密码机仍在服务。查看机房空调、机柜风道、风扇和滤网。\n"
                "与机房和其他密码机的温度比较：hsmctl sensors。\n"
                "若持续上升，在达到极限前安排停机。"},
        {0, 0, REASON_SENSOR_LOST, NULL,
                "The machine still serves; only its temperature cannot be read over SNMP.\n"
                "Is its SNMP agent on, and UDP port 161 open from here?\n"
                "Compare SNMP user and secrets with hsmd.conf.",
                "密码机仍在服务，只是通过 SNMP 读不到温度。\n"
                "密码机的SNMP代理是否开启？本机到它的 UDP 161 端口是否放行？\n"
                "核对 SNMP 用户和密钥与 hsmd.conf 是否一致。"},
        {0, 0, REASON_COLD, NULL,
                "The machine still serves. Is its room really so cold, or does the sensor tell nonsense?\n"
                "Compare with its room and the other machines: hsmctl sensors.\n"
                "Below the dew point water condenses: let the room warm slowly.",
                "密码机仍在服务。机房确实这么冷，还是传感器读数有误？\n"
                "与机房和其他密码机的温度比较：hsmctl sensors。\n"
                "低于露点会结露：让机房缓慢升温。"},
        {0, 0, REASON_TEMPERATURE_RISING, NULL,
                "The machine still serves: hsmctl sensors NAME says how soon the limit is reached.\n"
                "Does only this one rise? Its fans and filters. All of a room? The air conditioning.\n"
                "If it cannot be stopped in time, switch the machine off before its critical limit.",
                "密码机仍在服务：hsmctl sensors 名称 显示还有多久达到限值。\n"
                "只有这台上升：查风扇和滤网；全机房都上升：查空调。\n"
                "若来不及制止，在达到极限前安排停机。"},
        {0, 0, REASON_TEMPERATURE_DEVIATING, NULL,
                "The machine still serves, but it is not as warm as the others at like load: why?\n"
                "Its fans, filters, its place in the rack: hsmctl sensors NAME.\n"
                "Does it get its share of the work? See its load beside the others'.",
                "密码机仍在服务，但负载相近时温度与同集群其他密码机明显不同。\n"
                "查看风扇、滤网和所在机柜位置：hsmctl sensors 名称。\n"
                "业务是否均匀分到这台？与其他密码机的负载比较。"},
        {0, 0, REASON_ABOVE_ROOM, NULL,
                "The machine still serves, but its heat does not get out: fans, filters, blocked airflow?\n"
                "hsmctl sensors NAME: do all fans turn?\n"
                "Clean or replace filters at the next chance.",
                "密码机仍在服务，但热量散不出去：风扇、滤网、风道是否堵塞？\n"
                "hsmctl sensors 名称：风扇是否都在转？\n"
                "尽快安排清洗或更换滤网。"},
        {0, 0, REASON_ROOM_WARM, NULL,
                "It is the room, not this machine: go and see the air conditioning, call its service.\n"
                "hsmctl sensors shows every machine of the room and how soon limits are reached.\n"
                "If it goes on: switch off what the pool can lose, while there is time.",
                "是机房的问题，不是这台密码机：查看机房空调，并联系空调维保。\n"
                "hsmctl sensors 显示该机房每台密码机及多久达到限值。\n"
                "若继续升温：趁早关停集群可以少掉的密码机。"},
        {0, 0, REASON_FAN_FAILED, NULL,
                "The machine still serves. Which fan: hsmctl sensors NAME. Does it turn, is it blocked?\n"
                "Watch its temperature: hsmctl sensors says how soon a limit is reached.\n"
                "Call the vendor for a fan; switch the machine off before its critical limit.",
                "密码机仍在服务。hsmctl sensors 名称 显示是哪个风扇：是否停转、被堵？\n"
                "盯住温度：hsmctl sensors 显示还有多久达到限值。\n"
                "联系厂商更换风扇；达到极限温度前安排停机。"},
        {0, 0, REASON_POWER_FAILED, NULL,
                "The machine still serves on what power is left: hsmctl sensors NAME says which is gone.\n"
                "Cable, socket, fuse, the PDU or UPS that feeds it; are neighbours dark, too?\n"
                "Is the supply itself dead: call the vendor; many can be replaced while it runs.",
                "密码机靠剩余电源仍在服务：hsmctl sensors 名称 显示是哪一路。\n"
                "查电源线、插座、空开和供电的 PDU、UPS；旁边的设备是否也掉电？\n"
                "若是电源模块损坏：联系厂商，多数可不停机更换。"},
        {0, 0, REASON_SENSOR_LIMIT, NULL,
                "The machine still serves: hsmctl sensors NAME says which sensor, and its limits.\n"
                "Is the value real (compare with the other machines), or is the limit wrong?\n"
                "Limits stand in the sensor profile: correct it, then hsmctl reload.",
                "密码机仍在服务：hsmctl sensors 名称 显示是哪个传感器及其限值。\n"
                "数值是否属实（与其他密码机比较），还是限值设得不合适？\n"
                "限值在传感器配置文件中：改正后执行 hsmctl reload。"},
        {0, 0, REASON_SENSOR_FROZEN, NULL,
                "The machine still serves; the value shown is old, however fresh the answer is.\n"
                "Read it in the machine's own console; does it move there?\n"
                "A restart of its SNMP agent often helps; tell the vendor.",
                "密码机仍在服务；应答虽新，数值却是旧的。\n"
                "在密码机管理界面查看该数值：那里是否变化？\n"
                "重启其SNMP代理往往有效；并告知厂商。"},
        {0, 0, REASON_AGENT_RESTARTED, NULL,
                "Nothing to do at once: only the SNMP agent began anew, the machine serves.\n"
                "Did somebody restart it or change its settings? If it happens again, tell the vendor.",
                "无需立即处理：只是SNMP代理重新启动，密码机在服务。\n"
                "是否有人重启过它或改过设置？若再次发生，告知厂商。"},
        {0, 0, REASON_REBOOTED, NULL,
                "The machine serves again: who restarted it, or did its power fail?\n"
                "hsmctl sensors NAME shows when; compare with its log and the UPS's.\n"
                "If nobody did: tell the vendor, and watch for the next time.",
                "密码机已恢复服务：是谁重启的，还是断过电？\n"
                "hsmctl sensors 名称 显示重启时间；与设备日志和 UPS 记录核对。\n"
                "若无人操作：告知厂商，并留意是否再次发生。"},
        {0, 0, REASON_SESSIONS_NEAR_LIMIT, NULL,
                "The machine still serves, but will soon refuse new sessions: hsmctl sensors NAME.\n"
                "Which business system does not close its own? Look at the connections in its console.",
                "密码机仍在服务，但不久将拒绝新会话：见 hsmctl sensors 名称。\n"
                "哪个业务系统没有释放会话？在管理界面查看连接数。"},
        {0, 0, REASON_FLAPPING, NULL,
                "It serves now, but has failed and come back several times: do not count on it.\n"
                "hsmctl events --device NAME shows when; look for a loose cable, a failing power supply,\n"
                "restarts in its own log. If another member can carry the load: hsmctl maintenance start "
                "NAME.",
                "目前在服务，但已多次故障又恢复，不要指望它。\n"
                "hsmctl events --device 名称 显示各次时间；查网线、电源、设备自身日志中的重启。\n"
                "若其他成员能承担业务：hsmctl maintenance start 名称。"},
        {0, 0, REASON_WATCHER_ISOLATED, NULL,
                "Nothing is known of the machine: this monitoring host's own link is gone.\n"
                "Look at this host first: network cable, switch port, ip link, ping the gateway.\n"
                "The business systems need not be affected; ask them.",
                "密码机状况无从得知：本监测主机自身的网络中断。\n"
                "先查本主机：网线、交换机端口、ip link、ping 网关。\n"
                "业务不一定受影响，可向业务方核实。"},
        {0, 0, REASON_DUPLICATE_ENGINE_ID, NULL,
                "The machine serves and is watched. Two SNMP agents have one engine id: the detail names "
                "both.\n"
                "Usually one was cloned from the other: let one make a new engine id, then restart it.\n"
                "Until then an NMS that asks both over SNMPv3 may lose one of them.",
                "密码机在服务，监测也正常。两个SNMP代理的引擎标识相同，详情中列出是哪两台。\n"
                "通常是由同一镜像克隆而来：让其中一台重新生成引擎标识并重启代理。\n"
                "在此之前，用 SNMPv3 同时轮询两台的网管可能丢失其中一台。"},
        {0, 0, REASON_PROFILE_MISMATCH, NULL,
                "The machine is probably well: hsmd's description of it (its vendor profile) does not fit.\n"
                "Business systems need not stop. Was firmware or the vendor's client updated lately?\n"
                "Correct the profile as the detail above says, then hsmctl reload.",
                "密码机多半正常：是 hsmd 的厂商配置文件与它不符。\n"
                "业务不必停用。近期是否升级过固件或厂商客户端？\n"
                "按上面的详情改正厂商配置文件，再执行 hsmctl reload。"},
        {0, 0, REASON_CERTIFICATE_EXPIRING, NULL,
                "Nothing is broken yet. hsmctl keys shows whose certificate it is, and until when.\n"
                "Ask for the new one in time, and import it on every machine of the pool.",
                "目前没有故障。hsmctl keys 列出是哪把密钥的证书、何时到期。\n"
                "及时申请新证书，并导入同集群的每台密码机。"},
        {0, 0, REASON_MECHANISM_MISSING, NULL,
                "The machine does not offer an algorithm that a key needs.\n"
                "Was its firmware changed, or the algorithm switched off in its console?\n"
                "Are the device's vendor and the key's type and mechanism in hsmd.conf right?",
                "密码机不提供密钥所需的算法。\n"
                "固件是否变更过，或管理界面停用了该算法？\n"
                "核对 hsmd.conf 中设备的 vendor 和密钥的 type、mechanism。"},
        {0, 0, REASON_SESSION_LIMIT, NULL,
                "The machine has no session left: which business system does not close its own?\n"
                "Look at the connections in the machine's console.",
                "密码机的会话已用尽：哪个业务系统没有释放会话？\n"
                "在密码机管理界面查看连接数。"},
        {0, 0, REASON_BUSY, NULL,
                "The machine says that it is busy: which business system sends more than usual?\n"
                "Look at load and connections in its console; are the others busy too (hsmctl status)?\n"
                "Restart the machine only if the pool can lose one.",
                "密码机报告忙：哪个业务系统的请求量突增？\n"
                "在管理界面查看负载和连接数；其他密码机是否也忙（hsmctl status）？\n"
                "集群还可承受故障台数大于 0 时，才可重启这台密码机。"},
        {0, 0, REASON_LOG_FULL, NULL,
                "The machine's log is full, so it refuses work: its auditor exports the log and clears it.\n"
                "Look at the other machines of the pool now: theirs may be nearly full too.",
                "密码机日志已满，拒绝服务：请审计管理员导出并清空日志。\n"
                "同时检查同集群的其他密码机：日志可能也快满了。"},
        {0, 0, REASON_UNKILLABLE, NULL,
                "Probes hang in this host's kernel; the machine itself may be well: ask the business "
                "systems.\n"
                "What do they wait for? ps -eo pid,stat,wchan,cmd | grep hsmd-probe, and dmesg.\n"
                "Only a restart of this host ends them; until then this machine is not watched.",
                "拨测进程卡在本机内核中，密码机本身可能正常：先问业务系统。\n"
                "查它们在等什么：ps -eo pid,stat,wchan,cmd | grep hsmd-probe，以及 dmesg。\n"
                "只有重启本机才能结束它们；在此之前这台密码机无人监测。"},
        {0, 0, REASON_SLOW, NULL,
                "The machine serves, but slowly: how many requests do the business systems send?\n"
                "Look at load and connections in the machine's own console.",
                "密码机在服务，但很慢：业务系统的请求量是否突增？\n"
                "在密码机管理界面查看负载和连接数。"},
        {0, 0, REASON_KEY_MISSING, NULL,
                "A key is gone from this machine: deleted, or not restored after a repair?\n"
                "Compare with another machine of the pool; restore it from the backup.\n"
                "Never generate one of the same name: it would be another key.",
                "这台密码机缺少密钥：是否被误删，或维修后没有恢复？\n"
                "与同一集群的其他密码机比较，从备份恢复。\n"
                "切勿新建同名密钥：那是另一把密钥。"},

        /* the vendor's module */
        {0, 0, REASON_MODULE_REFUSED, NULL,
                "The vendor's module does not load: run ldd on the file named by module in hsmd.conf.\n"
                "Was the vendor's client software updated or removed lately?",
                "厂商模块无法加载：对 hsmd.conf 中 module 所指文件执行 ldd。\n"
                "近期是否升级或卸载过厂商的客户端软件？"},
        {0, 0, REASON_CRASHED, NULL,
                "The vendor's module crashed; hsmd has started a new probe already.\n"
                "Was the vendor's client software updated lately?\n"
                "If it happens again: send journalctl -u hsmd and --json=pretty to the vendor.",
                "厂商模块崩溃，hsmd 已换上新的拨测进程。\n"
                "近期是否升级过厂商的客户端软件？\n"
                "若再次发生：把 journalctl -u hsmd 和 --json=pretty 的输出交给厂商。"},

        /* returns that say enough by themselves */
        {0, 0, 0, "CKR_SESSION_COUNT",
                "The machine has no session left: which business system does not close its own?\n"
                "Look at the connections in the machine's console.",
                "密码机的会话已用尽：哪个业务系统没有释放会话？\n"
                "在密码机管理界面查看连接数。"},
        {0, 0, 0, "CKR_DEVICE_REMOVED",
                "The machine went away: power, network cable, lights on its front?\n"
                "Ping its address; were switch or firewall changed?",
                "密码机连接中断：查看电源、网线和面板指示灯。\n"
                "ping 设备地址；交换机、防火墙近期有无变更？"},
        {0, 0, 0, "CKR_DEVICE_MEMORY",
                "The machine has run out of memory; too many sessions or objects?\n"
                "Look at its console; a restart frees it (first see that the pool can lose one).",
                "密码机内存不足：会话或对象是否过多？\n"
                "看管理界面；重启可释放（先确认集群还可承受故障台数大于 0）。"},
        {0, 0, 0, "CKR_HOST_MEMORY", "This host has run out of memory, not the machine: see free -m and top.",
                "是本机内存不足，不是密码机：执行 free -m 和 top 查看。"},
        {0, 0, 0, "CKR_MECHANISM_INVALID",
                "The machine does not know this algorithm: is the key's type in hsmd.conf right?\n"
                "Was its firmware changed, or the algorithm switched off in its console?",
                "密码机不支持该算法：hsmd.conf 中密钥的 type 是否正确？\n"
                "固件是否变更过，或管理界面停用了该算法？"},
        {0, 0, 0, "CKR_KEY_FUNCTION_NOT_PERMITTED",
                "The key may not sign: was it restored with other attributes?\n"
                "Compare the key's permitted uses with another machine of the pool.",
                "该密钥不允许签名：恢复时用途属性是否设错？\n"
                "与同一集群其他密码机上该密钥的用途比较。"},

        {0, 0, REASON_KEY_FAILING, NULL,
                "The machine serves, but one of its keys cannot be used: hsmctl keys shows which and why.\n"
                "Were that key's permitted uses changed, or was it restored badly? Compare with another "
                "machine.\n"
                "Never generate one of the same name: it would be another key.",
                "密码机在服务，但有一把密钥不能使用：hsmctl keys 列出是哪把及原因。\n"
                "该密钥的用途属性是否变更过，或恢复得不完整？与其他密码机比较。\n"
                "切勿新建同名密钥：那是另一把密钥。"},

        /* the steps, from the bottom of the ladder */
        {0, STEP_CONNECT, 0, NULL,
                "The machine cannot be reached: power, network cable, lights on its front?\n"
                "Ping its address; were switch or firewall changed?",
                "连不上密码机：查看电源、网线和面板指示灯。\n"
                "ping 设备地址；交换机、防火墙近期有无变更？"},
        {0, STEP_LOAD, 0, NULL,
                "The vendor's module hangs while it loads: ping the machine's address.\n"
                "Look at the vendor client's configuration file and log.",
                "厂商模块加载时卡住：先 ping 设备地址。\n"
                "查看厂商客户端的配置文件和日志。"},
        {0, STEP_INITIALIZE, 0, NULL,
                "The vendor's client does not start: ping the machine, try its service port.\n"
                "Look at the client's configuration: address, port, certificate.\n"
                "Is the machine just restarting or being updated?",
                "厂商客户端初始化不成功：ping 设备地址，测试服务端口。\n"
                "核对客户端配置：地址、端口、证书。\n"
                "密码机是否正在重启或升级？"},
        {0, STEP_SLOT, 0, NULL,
                "The machine is not seen: power, network cable, lights on its front?\n"
                "Ping its address; were switch or firewall changed?\n"
                "Compare select and serial in hsmd.conf with the vendor client's configuration.",
                "看不到这台密码机：查看电源、网线和面板指示灯。\n"
                "ping 设备地址；交换机、防火墙近期有无变更？\n"
                "核对 hsmd.conf 的 select、serial 与厂商客户端配置。"},
        {0, STEP_TOKEN, 0, NULL,
                "The slot is there, the token does not answer: alarms on the machine's front or console?\n"
                "Is the machine initialized and switched to its working state?",
                "槽位存在但令牌无应答：面板或管理界面有无告警？\n"
                "密码机是否已初始化并处于工作状态？"},
        {0, STEP_SESSION, 0, NULL,
                "No session can be opened: was the network interrupted (switch, firewall, timeouts)?\n"
                "Look at the connections in the machine's console.",
                "打不开会话：网络是否中断过（交换机、防火墙、连接超时）？\n"
                "在密码机管理界面查看连接数。"},
        {0, STEP_LOGIN, REASON_TIMEOUT, NULL,
                "The login did not return; hsmd does not try a PIN again that never succeeded here.\n"
                "Alarms on the machine's front or console? Is it overloaded?",
                "登录没有返回；从未成功过的口令(PIN)，hsmd 不再尝试。\n"
                "面板或管理界面有无告警？是否过载？"},
        {0, STEP_LOGIN, 0, NULL,
                "The login failed, and not because of a wrong PIN: do not try others.\n"
                "Look at the user's state and the log in the machine's console.",
                "登录失败，但不是口令(PIN)错误：不要试别的口令。\n"
                "在密码机管理界面查看用户状态和日志。"},
        {0, STEP_FIND, REASON_TIMEOUT, NULL,
                "The search for keys did not return: is the machine overloaded, or its storage faulty?\n"
                "Look at load, alarms and log in the machine's console.",
                "查找密钥没有返回：密码机是否过载，存储是否故障？\n"
                "在管理界面查看负载、告警和日志。"},
        {0, STEP_FIND, 0, NULL,
                "None of the configured keys is found: deleted, or not restored after a repair?\n"
                "Compare with another machine of the pool, and with label and id in hsmd.conf.\n"
                "Never generate one of the same name: it would be another key.",
                "所配置的密钥一把也找不到：是否被删除，或维修后没有恢复？\n"
                "与同一集群其他密码机比较，并核对 hsmd.conf 中的 label、id。\n"
                "切勿新建同名密钥：那是另一把密钥。"},
        {0, STEP_SIGN, REASON_TIMEOUT, NULL,
                "A signature did not return: is the machine overloaded, or the network half cut?\n"
                "Are the others well (hsmctl status)? Load and alarms in its console?\n"
                "Restart the machine only if the pool can lose one.",
                "签名没有返回：密码机是否过载，或网络半断？\n"
                "其他密码机是否正常（hsmctl status）？管理界面的负载和告警如何？\n"
                "集群还可承受故障台数大于 0 时，才可重启这台密码机。"},
        {0, STEP_SIGN, 0, NULL,
                "The machine cannot sign: alarms on its front or in its console?\n"
                "Look at its log at the time above; was anybody working on it?\n"
                "Restart the machine only if the pool can lose one.",
                "密码机不能签名：面板或管理界面有无告警？\n"
                "查看上述时间的设备日志；当时是否有人操作？\n"
                "集群还可承受故障台数大于 0 时，才可重启这台密码机。"},
        {0, STEP_DECRYPT, 0, NULL,
                "The machine cannot decrypt: alarms on its front or in its console?\n"
                "Look at its log at the time above; were the key's permitted uses changed?\n"
                "Restart the machine only if the pool can lose one.",
                "密码机不能解密：面板或管理界面有无告警？\n"
                "查看上述时间的设备日志；密钥的用途属性是否变更过？\n"
                "集群还可承受故障台数大于 0 时，才可重启这台密码机。"},
        {0, STEP_ENCRYPT, 0, NULL,
                "The machine cannot encrypt: alarms on its front or in its console?\n"
                "Look at its log at the time above; were the key's permitted uses changed?\n"
                "Restart the machine only if the pool can lose one.",
                "密码机不能加密：面板或管理界面有无告警？\n"
                "查看上述时间的设备日志；密钥的用途属性是否变更过？\n"
                "集群还可承受故障台数大于 0 时，才可重启这台密码机。"},
        {0, STEP_MAC, 0, NULL,
                "The machine cannot make a MAC: alarms on its front or in its console?\n"
                "Look at its log at the time above; were the key's permitted uses changed?\n"
                "Restart the machine only if the pool can lose one.",
                "密码机不能计算MAC：面板或管理界面有无告警？\n"
                "查看上述时间的设备日志；密钥的用途属性是否变更过？\n"
                "集群还可承受故障台数大于 0 时，才可重启这台密码机。"},
        {0, STEP_RANDOM, 0, NULL,
                "The machine's random generator failed: no key may be generated on it now.\n"
                "Look at its self-test in its console and call the vendor.",
                "密码机的随机数发生器异常：此时不得在其上生成密钥。\n"
                "在管理界面查看自检结果，并联系厂商。"},

        /* the rest */
        {0, 0, 0, "CKR_DEVICE_ERROR",
                "The machine itself reports an error: alarms on its front or in its console?\n"
                "Look at its log and call the vendor.",
                "密码机自身报错：面板或管理界面有无告警？\n"
                "查看设备日志，并联系厂商。"},
        {0, 0, 0, NULL,
                "Power, network and alarms on the machine's front first.\n"
                "Then journalctl -u hsmd; the vendor wants hsmctl device NAME --json=pretty.",
                "先看电源、网络和面板告警。\n"
                "再看 journalctl -u hsmd；厂商需要 hsmctl device 名称 --json=pretty 的输出。"},
};

static bool matches(const Advice *a, unsigned state, unsigned step, unsigned reason, const char *ret) {
        return (a->state == 0 || a->state == state) && (a->step == 0 || a->step == step) &&
               (a->reason == 0 || a->reason == reason) && (!a->ret || streq(a->ret, ret));
}

const char *advice_for(Lang lang, unsigned state, unsigned step, unsigned reason, const char *ret) {
        size_t i = 0;

        while (i + 1 < ELEMENTSOF(advices) && !matches(&advices[i], state, step, reason, ret))
                i++;
        return lang == LANG_ZH ? advices[i].zh : advices[i].en;
}
