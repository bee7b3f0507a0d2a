"""Why a second look ruled as it did, in one English and one Chinese sentence."""

from collections.abc import Mapping, Sequence

from vigil.core import Ruling
from vigil.stages.verify.looking import Find
from vigil.stages.verify.scoring import Part

Words = tuple[str, str]
"""English and Chinese."""

PHRASES: Mapping[str, tuple[Words, Words]] = {
    "seen": (
        ("something is there in most pictures", "多数画面中该处有目标"),
        ("nothing new is there in most pictures", "多数画面中该处没有变化"),
    ),
    "agree": (
        ("it is where the tracker had it", "位置与跟踪框一致"),
        ("nothing differs where the tracker had it", "跟踪框处没有变化"),
    ),
    "travel": (
        ("it goes from place to place", "目标有明显位移"),
        ("it stays where it is", "目标没有位移"),
    ),
    "straight": (
        ("it keeps its course", "行进路线平稳"),
        ("it goes to and fro", "来回摆动"),
    ),
    "haste": (
        ("it is fast for its size", "相对大小而言速度很快"),
        ("it moves at an easy pace", "移动速度平缓"),
    ),
    "swelling": (
        ("its size changes all the time", "大小不断变化"),
        ("it keeps its size", "大小稳定"),
    ),
    "owned": (
        ("somebody was with it when it came to rest", "放下时有人在旁"),
        ("nobody was seen with it when it came to rest", "放下时未见有人在旁"),
    ),
    "brought": (
        ("a person stood beside its place as it came", "出现时旁边有人"),
        ("no person stood beside its place as it came", "出现时旁边无人"),
    ),
    "structure": (
        ("it has edges of its own", "有自身的轮廓"),
        ("it brings no edges of its own", "没有自身的轮廓"),
    ),
    "dimmed": (
        ("it is the same ground, darker", "只是背景变暗"),
        ("it is more than a shadow", "不只是阴影"),
    ),
    "lit": (
        ("it is the same ground, brighter", "只是背景变亮"),
        ("it is more than a light", "不只是光照"),
    ),
    "alike": (
        ("the ground shows through it", "背景仍然可见"),
        ("it hides what is behind it", "遮挡了背景"),
    ),
    "edge": (("its outline is sharp", "边缘清晰"), ("its outline is blurred", "边缘模糊")),
    "stirring": (("it keeps changing", "自身在变化"), ("nothing in it stirs", "自身没有变化")),
    "shifting": (("it does not lie still", "位置不稳定"), ("it lies still", "静止不动")),
    "huge": (
        ("it fills much of the picture", "占据画面很大部分"),
        ("it is not too large", "目标不算太大"),
    ),
    "elsewhere": (
        ("the rest of the picture changes as well", "画面其余部分也在变化"),
        ("the rest of the picture is calm", "画面其余部分平静"),
    ),
    "crowd": (
        ("much else moves as well", "还有许多地方在变化"),
        ("nothing else moves", "别处没有变化"),
    ),
    "exposure": (
        ("the light of the whole picture changes", "整个画面的光照发生变化"),
        ("the light is steady", "光照稳定"),
    ),
}
"""What people read of a feature, when it is high and when it is low."""
WORTH_SAYING = 0.3
"""Log-odds below which a feature is not worth a word."""
MOST = 2


def words(ruling: Ruling, parts: Sequence[Part], found: Sequence[Find], what: Words) -> Words:
    """A sentence in both languages, from what a detector found and what weighs most.

    `found` is empty when no detector looked; `what` is what it looked for.
    """
    said = [_of_the_finds(found, what)] if found else []
    said += _of_the_pixels(ruling, parts)
    if ruling is Ruling.UNSURE:
        said.append(("that is not enough to rule", "不足以判断"))
    english = "; ".join(one for one, _ in said) or "the pictures speak for it as a whole"
    chinese = "；".join(one for _, one in said) or "综合画面判断"
    return f"{english[0].upper()}{english[1:]}.", f"{chinese}。"


def _of_the_finds(found: Sequence[Find], what: Words) -> Words:
    hits = sum(find.wanted > 0 for find in found)
    english = f"{what[0]} was found in {hits} of {len(found)} pictures"
    chinese = f"{len(found)} 幅画面中有 {hits} 幅检出{what[1]}"
    standing = sum(find.standing for find in found)
    if standing > hits:
        english += f", and in {standing} one that was there before"
        chinese += f"，{standing} 幅中的目标此前就在那里"
    rivals = [find.other_label for find in found if find.other > find.wanted]
    if len(rivals) > hits:
        rival = max(sorted(set(rivals)), key=rivals.count)
        english += f", a {rival} in {rivals.count(rival)}"
        chinese += f"，{rivals.count(rival)} 幅更像 {rival}"
    return english, chinese


def _of_the_pixels(ruling: Ruling, parts: Sequence[Part]) -> list[Words]:
    """The features that weigh most for the ruling; for unsure, one on each side."""
    heavy = [part for part in parts if part.name in PHRASES and abs(part.odds) >= WORTH_SAYING]
    heavy.sort(key=lambda part: -abs(part.odds))
    speak_for = [_phrase(part) for part in heavy if part.odds > 0]
    against = [_phrase(part) for part in heavy if part.odds < 0]
    if ruling is Ruling.UNSURE:
        return speak_for[:1] + against[:1]
    return (speak_for if ruling is Ruling.CONFIRMED else against)[:MOST]


def _phrase(part: Part) -> Words:
    high, low = PHRASES[part.name]
    return high if part.high else low
