"""What sets a whole place writing at once 突发集中反映: a water cut, a factory's smell. All made up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Many people, one matter, one place, about two days. ``share``: of a year's petitions. ``told``: ways to tell it."""

    month: int
    day: int
    topic: str
    place: str
    """The gazetteer's code."""
    share: float
    told: tuple[str, ...]


BURSTS: tuple[Burst, ...] = (
    Burst(month=1, day=13, topic="utilities.gas_heating", place="e01", share=0.0022, told=(
        "{p}从昨天夜里开始暖气冰凉，家里只有十一二度，老人小孩冻得受不了",
        "{p}整栋楼暖气片都是凉的，供热公司电话一直占线",
        "{p}停暖一天一夜了，到底是管道坏了还是没交费，没有一个人出来说",
        "{p}暖气不热，孩子已经冻感冒，交了全年的取暖费就是这个温度吗")),
    Burst(month=1, day=26, topic="labour.wages", place="f06", share=0.0020, told=(
        "{p}欠我们三个月工资，快过年了老板找不到人，工友都等着钱回家",
        "{p}缝纫车间六十多个人没有拿到工资，说年前给，现在大门都锁了",
        "我在{p}干了两年，年底的工资和押金一分没发，请帮我们讨薪",
        "{p}拖欠工资，只给打了欠条，年怎么过")),
    Burst(month=2, day=27, topic="traffic.order", place="r10", share=0.0012, told=(
        "{p}返程高峰堵了四个小时，没有人疏导",
        "{p}路口红绿灯坏了，车全挤在一起，救护车都过不去",
        "今天{p}堵得动不了，路边还停满了车，请派人来指挥")),
    Burst(month=3, day=19, topic="environment.pollution", place="f05", share=0.0028, told=(
        "{p}昨晚又在偷排，胶水味呛得人头疼，窗户不敢开",
        "{p}的气味太大了，整个村子都能闻到，孩子一直咳嗽",
        "{p}烟囱冒黄烟，空气里全是甲醛味，请环保来测一测",
        "{p}白天不开晚上开，半夜两点被熏醒，天天如此，谁来管")),
    Burst(month=4, day=22, topic="education.kindergarten", place="s06", share=0.0012, told=(
        "{p}突然通知下周停办，保教费不退，家长堵在门口没人管",
        "{p}要关门了，孩子没地方去，退费也没有说法",
        "{p}园长电话打不通，交了一学期的钱怎么办")),
    Burst(month=5, day=28, topic="environment.pollution", place="v02", share=0.0020, told=(
        "{p}田里到处在烧秸秆，烟大得看不见路，呛得睁不开眼",
        "{p}昨晚烧了一夜秸秆，家里全是灰，老人喘不上气",
        "收了麦子{p}就开始烧，浓烟飘到马路上，差点出车祸")),
    Burst(month=6, day=24, topic="disaster.prevention", place="v05", share=0.0030, told=(
        "{p}昨夜大雨，水倒灌进屋有半人深，家具全泡了",
        "{p}的排洪沟堵死了，水往村里灌，三组四组都淹了，请赶快来抽水",
        "{p}河堤有一段在渗水，大家一夜没敢睡，请派人来看",
        "{p}受灾了没有人来登记，稻田全淹，补偿怎么办")),
    Burst(month=7, day=16, topic="utilities.water", place="v01", share=0.0032, told=(
        "{p}停水两天了，没有通知，天这么热一家老小没水用",
        "{p}从前天晚上就没有水，打自来水公司电话说在抢修，什么时候能好",
        "{p}全村停水，只能去井里挑，井水又是黄的，请送水车来",
        "{p}又停水，今年第四回了，交着水费用不上水")),
    Burst(month=8, day=6, topic="utilities.power", place="e04", share=0.0024, told=(
        "{p}这三天每天晚上停电，空调开不了，老人中暑送了医院",
        "{p}变压器带不动，一到七点就跳闸，报修没有人来",
        "{p}又停电了，冰箱里的东西全坏，什么时候增容")),
    Burst(month=8, day=27, topic="education.enrolment", place="s01", share=0.0018, told=(
        "{p}今年学位不够，我们小区的孩子被分到柳溪小学，来回十公里怎么接送",
        "{p}报名材料交了又说缺，马上开学了孩子还没有着落",
        "{p}划片临时改了，没有通知家长，希望给个解释")),
    Burst(month=9, day=10, topic="education.campus_safety", place="s02", share=0.0016, told=(
        "{p}食堂的菜又酸又馊，昨天好几个孩子拉肚子",
        "孩子在{p}吃了午饭肚子痛，班里请假八个人，学校不承认",
        "{p}食堂换了承包人以后饭菜质量很差，请查一查卫生")),
    Burst(month=10, day=15, topic="environment.pollution", place="v07", share=0.0020, told=(
        "{p}烧稻草烧得满天是烟，孩子上学路上都看不清",
        "{p}连着两晚焚烧秸秆，呛得人睡不着，喇叭喊归喊没人管",
        "{p}田里又烧起来了，火离大棚只有几十米，太危险")),
    Burst(month=11, day=9, topic="construction.roads", place="r05", share=0.0014, told=(
        "{p}塌了一个大坑，晚上没有灯，昨天摔了两个骑车的",
        "{p}路面塌陷，只摆了两个锥桶，公交也不走了，什么时候修",
        "{p}下水管挖开以后一直没有填，坑越塌越大")),
    Burst(month=11, day=17, topic="utilities.gas_heating", place="e03", share=0.0022, told=(
        "{p}供暖三天了还是凉的，打电话都说在排气",
        "{p}暖气不热，老人在家穿着棉袄，交费的时候可没有这么慢",
        "{p}几栋楼都不热，只有一楼是温的，请热力公司来看看")),
    Burst(month=12, day=8, topic="environment.sanitation", place="m01", share=0.0014, told=(
        "{p}后面的垃圾一个星期没人拉，污水流到路上",
        "{p}垃圾堆成山，老鼠到处跑，保洁说没发工资不干了",
        "{p}的垃圾池满了没有人管，臭得没法做生意")),
)  # fmt: skip
