"""Find out who is quoted, where the article says so, and how each speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from framing.records import ArticleScore
from framing.segment import simplify

__all__ = ["SpeakerShare", "speaker", "speakers"]


@dataclass(frozen=True, slots=True)
class SpeakerShare:
    """Hold what one speaker says: indices of the sentences and their mean stance (−1 to 1).

    ``name`` is empty for sentences whose speaker is not named.
    """

    name: str
    sentences: tuple[int, ...]
    net: float


# The surnames of more than 99% of people, less those that mostly begin other words (于, 和, 时, 成, 公).
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦昌马苗方俞任袁柳鲍史唐费廉岑薛雷贺倪汤"
    "滕殷罗毕郝邬安傅皮卞齐康伍余卜顾孟平黄穆萧尹姚邵湛汪祁毛狄米臧伏戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻贾路娄江童颜郭梅盛林刁钟徐邱"
    "骆高夏蔡田樊胡凌霍虞万柯卢莫房裘解宗丁宣邓郁单洪包左石崔吉龚程邢裴陆荣翁荀羊惠曲封储靳邴段富巫焦巴牧车侯宓班仲伊宫宁仇栾甘厉戎祖武符刘"
    "景詹龙叶司韶黎薄印白蒲邰鄂索籍赖卓蔺屠蒙池乔阳胥闻党翟谭贡劳申扶冉雍桑桂牛边燕冀尚农温庄晏柴瞿阎连习艾鱼容古易廖居衡步耿满弘匡文寇欧"
    "殳沃利隆师巩聂晁敖融冷辛简饶曾关游权盖益桓俞肖闫付"
)
# What begins like a name and is none.
_NO_NAME = re.compile(
    "高管|高层|高校|方面|平台|车主|车企|车商|车评|华为|荣耀|万科|安踏|康师傅|毛利|毛利率|平均|平安|华尔街|马上|文中|文章|金融|白酒|连续|关键|关于"
    "|曾经|曾多次|曾公开|易车|石油|路透社|路透|彭博社|彭博|江苏|江西|广汽|利润|容量|温度|单车|边缘|满意度|步骤|简单|温和|游戏|师傅|权威|米粉|米家"
    "|雷达|马力|高端|高盛|安全|安卓|史上|万一|连同|武汉|宁波|包括|解放|章程|申请|甘肃|富士康|龙头|牛市|任何|任务|印度|巴西|文件|景区|古人|农民|居民"
)
_COMPOUND = "欧阳|上官|诸葛|司马|皇甫|尉迟|公孙|慕容|司徒|令狐|端木|东方|独孤|南宫|夏侯|宇文|长孙"
_TITLE = (
    "创始人|创办人|董事长|总裁|CEO|CFO|CTO|COO|官|负责人|分析师|工程师|专家|研究者|研究员|院长|院士|教授|博士|经理|总监|主任|发言人|秘书长|主席|主编"
    "|合伙人|律师|车主|设计师|顾问|老师|先生|女士|部长|局长|站长|首席"
)
_VERB = "表示|指出|认为|透露|坦言|强调|解释|补充|回应|写道|称赞|质疑|告诉|提到|提醒|预计|预测|直言|承认|介绍|说道|说|称|宣布|回答|反驳|呼吁|批评|感叹|笑道|道"
# What may stand between a name and its verb begins with one of these.
_AFTER_NAME = r"(?:在|也|还|又|则|曾|再|就|对|于|向|接|近|首|进|更|甚|特|随|同|日|本人|便|只|都|其|如|这|笑|则|却|用|以|从|当|没有|，|,|：|:|“|「|的报告)"
_NAME = re.compile(
    rf"(?:^|[，,。；;：:”」“「、\s]|{_TITLE})"
    rf"((?:{_COMPOUND})[\u4e00-\u9fff]{{1,2}}?|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?|[\u4e00-\u9fff]{{1,6}}·[\u4e00-\u9fff]{{1,6}}?)"
    rf"(?=(?:{_VERB})|{_AFTER_NAME}[^。！？!?]{{0,14}}?(?:{_VERB}))"
)
_PRONOUN = re.compile(rf"(?:^|[，,”」])[他她](?:也|还|又|则|并|同时|随后|进一步)?(?:在[^，。]{{1,10}})?(?:{_VERB})")
_MEMORY = 2


def speaker(text: str) -> str:
    """Return the person whom a sentence names as its speaker, or an empty string.

    The name is what stands between a title or the beginning of a clause and a verb of speaking, and
    begins with a surname; companies and unnamed sources are not taken for persons.

    >>> speaker("“难以解释。”高校研究者陸行簡指出。"), speaker("有网友表示，价格太高。")
    ('陸行簡', '')
    """
    plain = simplify(text)
    found = [m.span(1) for m in _NAME.finditer(plain)]
    found = [(a, b) for a, b in found if not _NO_NAME.fullmatch(plain, a, b) and plain[b - 1] not in "地的们便也就还"]
    return text[slice(*found[-1])] if found else ""


def speakers(score: ArticleScore) -> tuple[SpeakerShare, ...]:
    """List the quoted voices of an article, by number of sentences; the unnamed ones last.

    A pronoun before a verb of speaking stands for the speaker named up to two sentences before.
    """
    found: dict[str, list[int]] = {}
    last, age = "", 0
    for i, item in enumerate(score.sentences):
        age += 1
        name = speaker(item.sentence.text)
        if name:
            last, age = name, 0
        if item.prediction is None or item.prediction.voice != "quoted" or item.sentence.kind not in ("body", "heading"):
            continue
        if not name and age <= _MEMORY and _PRONOUN.search(simplify(item.sentence.text)):
            name = last
        found.setdefault(name, []).append(i)
    result = [SpeakerShare(name, tuple(rows), _mean_stance(score, rows)) for name, rows in found.items()]
    return tuple(sorted(result, key=lambda s: (not s.name, -len(s.sentences), s.sentences)))


def _mean_stance(score: ArticleScore, rows: Sequence[int]) -> float:
    stances = [p.praise - p.skepticism for i in rows if (p := score.sentences[i].prediction) is not None]
    return sum(stances) / len(stances)
