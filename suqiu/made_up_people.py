"""Made-up people 虚构人物: a name, a telephone and an ID number that cannot exist, a door."""

from __future__ import annotations

from dataclasses import dataclass

_FAMILY = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙段郝孔邵史毛常万顾赖武康贺严尤"
)
_FIRST = "建国志文永春秀桂玉海明德家世金宝庆丽美晓小红淑长福景立正光新东振荣云凤兰水根火土子雨思佳宇浩梦俊嘉诗一天"
_SECOND = "华英芳军平强伟敏静杰涛辉勇艳霞娟梅刚玲斌超燕萍鹏林波峰洋雪琴莲珍生发财旺娥香花柱田山川泉轩涵怡琪萱睿彤"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    phone: str
    id_number: str
    openid: str
    door: str


def make_person(seed: int) -> Person:
    """The same number gives the same person, different numbers nearly always different ones. ``seed``: 0 to 10**9."""
    n = (seed * 2_654_435_761 + 97) % (1 << 40)
    family = _FAMILY[n % len(_FAMILY)]
    first = _FIRST[n // 128 % len(_FIRST)] if n // 64 % 4 else ""
    second = _SECOND[n // 8192 % len(_SECOND)]
    born = f"{1940 + n // 7 % 65}{1 + n // 11 % 12:02d}{1 + n // 13 % 28:02d}"
    number = f"990{n // 17 % 1000:03d}{born}{n // 19 % 1000:03d}"
    return Person(
        name=family + first + second,
        phone=f"19{n // 3 % 10}0000{n // 31 % 10_000:04d}",
        id_number=number + _wrong_check_digit(number),
        openid=f"oMadeUp{n:012x}",
        door=f"{1 + n // 23 % 30}栋{1 + n // 29 % 4}单元{(1 + n // 37 % 18) * 100 + 1 + n // 41 % 4}室",
    )


def _wrong_check_digit(number: str) -> str:
    """One past the check digit of GB 11643-1999: the number can have been given to nobody."""
    total = sum(int(c) * w for c, w in zip(number, _WEIGHTS, strict=True))
    return "10X98765432"[(total + 1) % 11]
