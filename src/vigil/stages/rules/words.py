"""Claims: one sentence, in English and Chinese, that a judge can find true or false."""

from functools import lru_cache
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

BLANKS = ("Thing", "thing", "things", "label", "where", "seconds", "direction", "number", "what")
"""What a claim may leave open: `{Thing}` is "A person", `{thing}` "a person", `{things}` "people",
`{label}` the bare word, `{where}` the zone or the picture; `{seconds}`, `{direction}` and
`{number}` ("at least 5") what the rule says, and `{what}` what it found out.
"""
Phrase = tuple[str, str]
"""The same in English and in Chinese."""
PEOPLE = {"person": "people", "child": "children", "man": "men", "woman": "women"}
HISSING = ("s", "x", "z", "ch", "sh")

CHINESE = {
    "object": "物体", "person": "人", "face": "人脸", "vehicle": "车辆", "van": "面包车",
    "bike": "自行车", "non-vehicle": "非机动车", "bicycle": "自行车", "car": "汽车",
    "motorcycle": "摩托车", "airplane": "飞机", "bus": "公交车", "train": "火车",
    "truck": "卡车", "boat": "船", "traffic light": "红绿灯", "fire hydrant": "消防栓",
    "stop sign": "停车标志", "parking meter": "停车计时器", "bench": "长椅", "bird": "鸟",
    "cat": "猫", "dog": "狗", "horse": "马", "sheep": "羊", "cow": "牛", "elephant": "大象",
    "bear": "熊", "zebra": "斑马", "giraffe": "长颈鹿", "backpack": "背包", "umbrella": "雨伞",
    "handbag": "手提包", "tie": "领带", "suitcase": "行李箱", "frisbee": "飞盘",
    "skis": "滑雪板", "snowboard": "单板滑雪板", "sports ball": "球", "kite": "风筝",
    "baseball bat": "棒球棒", "baseball glove": "棒球手套", "skateboard": "滑板",
    "surfboard": "冲浪板", "tennis racket": "网球拍", "bottle": "瓶子", "wine glass": "酒杯",
    "cup": "杯子", "fork": "叉子", "knife": "刀", "spoon": "勺子", "bowl": "碗",
    "banana": "香蕉", "apple": "苹果", "sandwich": "三明治", "orange": "橙子",
    "broccoli": "西兰花", "carrot": "胡萝卜", "hot dog": "热狗", "pizza": "披萨",
    "donut": "甜甜圈", "cake": "蛋糕", "chair": "椅子", "couch": "沙发",
    "potted plant": "盆栽", "bed": "床", "dining table": "餐桌", "toilet": "马桶",
    "tv": "电视", "laptop": "笔记本电脑", "mouse": "鼠标", "remote": "遥控器",
    "keyboard": "键盘", "cell phone": "手机", "microwave": "微波炉", "oven": "烤箱",
    "toaster": "烤面包机", "sink": "水槽", "refrigerator": "冰箱", "book": "书",
    "clock": "时钟", "vase": "花瓶", "scissors": "剪刀", "teddy bear": "泰迪熊",
    "hair drier": "吹风机", "toothbrush": "牙刷",
}  # fmt: skip
"""The words of COCO and of the common detectors beside them."""


def in_chinese(label: str) -> str:
    """The Chinese word for a label; the label itself where none is known."""
    return CHINESE.get(label.replace("_", " "), label)


def with_article(label: str) -> str:
    """A label as in "a person" or "an object"; "something" when it is empty."""
    if not label:
        return "something"
    word = label.replace("_", " ")
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def plural(label: str) -> str:
    """A label as in "people" or "cars"; "things" when it is empty."""
    word = label.replace("_", " ")
    if not word or word in PEOPLE:
        return PEOPLE.get(word, "things")
    return word + ("es" if word.endswith(HISSING) else "s")


# What lasts is worded at every look, in the same words.
@lru_cache(maxsize=1024)
def fill(
    claim: str,
    *,
    label: str,
    where: str,
    seconds: float,
    direction: str,
    number: str = "",
    what: str = "",
) -> str:
    """Complete an English claim."""
    thing = with_article(label)
    return claim.format(
        Thing=thing[0].upper() + thing[1:],
        thing=thing,
        things=plural(label),
        label=label.replace("_", " "),
        where=where,
        seconds=f"{seconds:g}",
        direction=direction,
        number=number,
        what=what,
    )


@lru_cache(maxsize=1024)
def fill_chinese(
    claim: str,
    *,
    label: str,
    where: str,
    seconds: float,
    direction: str,
    number: str = "",
    what: str = "",
) -> str:
    """Complete a Chinese claim."""
    word = in_chinese(label) or "物体"
    return claim.format(
        Thing=word,
        thing=word,
        things=word,
        label=word,
        where=where,
        seconds=f"{seconds:g}",
        direction=direction,
        number=number,
        what=what,
    )


def _checked(claim: str) -> str:
    """Refuse what `str.format` could be led astray by."""
    try:
        pieces = list(Formatter().parse(claim))
    except ValueError as error:
        raise _refusal(f"the braces of a claim must match ({error})") from None
    for _, blank, form, conversion in pieces:
        if blank is not None and (blank not in BLANKS or form or conversion):
            allowed = ", ".join(f"{{{name}}}" for name in BLANKS)
            raise _refusal(f"a claim knows no {{{blank}}}; allowed: {allowed}")
    if not claim.strip():
        raise _refusal("a claim needs words")
    return claim


def _refusal(problem: str) -> PydanticCustomError:
    return PydanticCustomError("claim", "{problem}", {"problem": problem})


Claim = Annotated[str, AfterValidator(_checked)]
"""A sentence with blanks, such as `{Thing} is {where}.`"""
