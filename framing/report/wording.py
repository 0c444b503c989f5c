"""Hold every word that reports say to people, in Chinese (both scripts) and English."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import erf, sqrt
from typing import TYPE_CHECKING, Literal

from framing.records import NORMAL_90, ArticleScore, Estimate, TopicShare

if TYPE_CHECKING:
    from framing.compare import Difference, PairComparison

__all__ = ["LANGUAGES", "Language", "Wording", "language_of_locale", "wording"]

Language = Literal["zh", "zh-hant", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "zh-hant", "en")


@dataclass(frozen=True, slots=True)
class Wording:
    """Hold the words of one language; ``words`` maps a key to its text."""

    language: Language
    words: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.words[key]

    def topic(self, name: str) -> str:
        """Return the name of a topic, or the name as it is for a topic of the user's."""
        return self.words.get(f"topic.{name}", name)

    def verdict(self, score: ArticleScore) -> str:
        """Put the article's verdict in a sentence."""
        row = score.topics[-1]
        if score.verdict == "unknown" or row.net is None or row.praise is None or row.skepticism is None:
            return self["verdict.unknown"]
        sentence = self[f"verdict.{score.verdict}"].format(
            praise=percent(row.praise.value),
            skepticism=percent(row.skepticism.value),
            net=signed(row.net.value),
            interval=interval(row.net),
            side=self._side(row.net),
        )
        return sentence + self._contrast(score)

    def _side(self, net: Estimate) -> str:
        """Name the side that an undecided net stance is more likely on, and how likely that is."""
        chance = chance_above_zero(net)
        side = "verdict.more_praise" if chance >= 0.5 else "verdict.more_skepticism"
        return self[side].format(chance=percent(max(chance, 1 - chance)))

    def _contrast(self, score: ArticleScore) -> str:
        """Name the topics that are certainly on different sides of the article's own net stance."""
        rows = [r for r in score.topics[:-1] if r.net is not None]
        low = [r for r in rows if r.net is not None and r.net.high < 0]
        high = [r for r in rows if r.net is not None and r.net.low > 0]
        parts = []
        if high:
            parts.append(self["verdict.topics_praised"].format(topics=self["list"].join(self.topic(r.topic) for r in high)))
        if low:
            parts.append(self["verdict.topics_doubted"].format(topics=self["list"].join(self.topic(r.topic) for r in low)))
        return "".join(parts)

    def lean(self, score: ArticleScore) -> str:
        """Set marketing and traffic against technology in a sentence."""
        if score.promotion_attention is None or score.technology_attention is None:
            return self["lean.unknown"]
        by_name = {r.topic: r for r in score.topics}
        return self[f"lean.{score.lean}"].format(
            promotion=percent(score.promotion_attention.value),
            technology=percent(score.technology_attention.value),
            marketing_net=self._net(by_name.get("marketing")),
            traffic_net=self._net(by_name.get("traffic")),
            technology_net=self._net(by_name.get("technology")),
        )

    def compare_lines(self, pair: PairComparison) -> list[str]:
        """Put what is clear in a comparison of two groups in sentences, and name what is not."""
        lines = [self._difference(pair, d) for d in pair.differences if d.clear and d.quantity in ("net", "attention")]
        noise = [self.topic(d.topic) for d in pair.differences if not d.clear and d.quantity == "net"]
        if noise:
            lines.append(self["compare.line_noise"].format(topics=self["list"].join(noise)))
        return lines

    def _difference(self, pair: PairComparison, d: Difference) -> str:
        up = d.value.value > 0
        return self["compare.line_clear" if d.quantity == "net" else "compare.line_attention"].format(
            topic=self.topic(d.topic),
            left=pair.left,
            right=pair.right,
            side=self["praise" if up else "skepticism"],
            more=self["compare.more" if up else "compare.less"],
            value=signed(d.value.value),
            interval=interval(d.value),
            p=p_value(d.adjusted),
        )

    def _net(self, row: TopicShare | None) -> str:
        return self["too_few"] if row is None or row.net is None else signed(row.net.value)


def p_value(value: float) -> str:
    """Format a p-value with its sign of equality."""
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def percent(value: float) -> str:
    """Format a share as a whole percentage."""
    return f"{100 * value:.0f}%"


def signed(value: float) -> str:
    """Format a net stance with its sign; zero has none."""
    text = f"{value:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")


def precise(value: float) -> str:
    """Format a small contribution with its sign and three decimals."""
    text = f"{value:+.3f}"
    return "0.000" if text in ("+0.000", "-0.000") else text.replace("-", "−")


def chance_above_zero(value: Estimate) -> float:
    """Return the probability that a quantity is above 0, its 90% interval being that of a normal distribution.

    That is Φ(1.645 value / half), half being the longer arm of the interval: the other one may end where the
    range of the quantity does.
    """
    half = max(value.high - value.value, value.value - value.low)
    if half <= 0:
        return 0.5 if value.value == 0 else float(value.value > 0)
    return 0.5 * (1 + erf(NORMAL_90 * value.value / half / sqrt(2)))


def interval(value: Estimate, *, shares: bool = False) -> str:
    """Format the 90% interval of a net stance, or of a share in whole percent."""
    if shares:
        return f"{100 * value.low:.0f}–{100 * value.high:.0f}"
    return f"{signed(value.low)} … {signed(value.high)}"


_TABLE: dict[str, tuple[str, str]] = {
    "topic.marketing": ("营销", "Marketing"),
    "topic.technology": ("技术", "Technology"),
    "topic.traffic": ("流量打法", "Traffic play"),
    "topic.all": ("全部句子", "All sentences"),
    "praise": ("赞扬", "Praise"),
    "skepticism": ("质疑", "Skepticism"),
    "neutral": ("中性", "Neutral"),
    "net": ("净倾向", "Net stance"),
    "sentences": ("句数", "Sent."),
    "shares": ("赞扬·中性·质疑", "praise · neutral · skepticism"),
    "author": ("作者", "Author"),
    "quoted": ("引述", "Quoted"),
    "voices": ("作者 / 引述（占比，净倾向）", "Author / quoted (share, net)"),
    "too_few": ("句数太少", "too few"),
    "evidence": ("依据", "Evidence"),
    "list": ("、", ", "),
    "attention": ("篇幅", "Attention"),
    "verdict": ("结论", "Verdict"),
    "lean": ("营销与技术", "Promotion v. technology"),
    "verdict.unknown": ("没有可以评分的句子。", "There is no sentence to score."),
    "verdict.praise": (
        "整体偏赞扬：赞扬 {praise}，质疑 {skepticism}，净倾向 {net}（90% 区间 {interval}）。",
        "Praise prevails: praise {praise}, skepticism {skepticism}, net stance {net} (90% interval {interval}).",
    ),
    "verdict.skepticism": (
        "整体偏质疑：赞扬 {praise}，质疑 {skepticism}，净倾向 {net}（90% 区间 {interval}）。",
        "Skepticism prevails: praise {praise}, skepticism {skepticism}, net stance {net} (90% interval {interval}).",
    ),
    "verdict.mixed": (
        "褒贬并存，{side}：赞扬 {praise}，质疑 {skepticism}，净倾向 {net}（90% 区间 {interval}）。",
        "Both praise and skepticism, {side}: praise {praise}, skepticism {skepticism}, net stance {net} (90% interval {interval}).",
    ),
    "verdict.neutral": (
        "以中性报道为主，{side}：赞扬 {praise}，质疑 {skepticism}，净倾向 {net}（90% 区间 {interval}）。",
        "Mostly neutral reporting, {side}: praise {praise}, skepticism {skepticism}, net stance {net} (90% interval {interval}).",
    ),
    "verdict.more_praise": ("赞扬多于质疑的可能为 {chance}", "more praise than skepticism with a probability of {chance}"),
    "verdict.more_skepticism": ("质疑多于赞扬的可能为 {chance}", "more skepticism than praise with a probability of {chance}"),
    "verdict.topics_praised": ("谈{topics}时偏赞扬。", " {topics}: praised."),
    "verdict.topics_doubted": ("谈{topics}时偏质疑。", " {topics}: doubted."),
    "lean.marketing": (
        "营销大于技术：营销与流量占 {promotion} 的篇幅，技术占 {technology}；净倾向 营销 {marketing_net}，流量 {traffic_net}，技术 {technology_net}。",
        "More promotion than technology: {promotion} of the sentences against {technology}; net stance marketing {marketing_net}, traffic {traffic_net}, technology {technology_net}.",
    ),
    "lean.technology": (
        "技术大于营销：技术占 {technology} 的篇幅，营销与流量占 {promotion}；净倾向 营销 {marketing_net}，流量 {traffic_net}，技术 {technology_net}。",
        "More technology than promotion: {technology} of the sentences against {promotion}; net stance marketing {marketing_net}, traffic {traffic_net}, technology {technology_net}.",
    ),
    "lean.balanced": (
        "营销与技术的篇幅相差在误差之内：营销与流量 {promotion}，技术 {technology}；净倾向 营销 {marketing_net}，流量 {traffic_net}，技术 {technology_net}。",
        "Promotion and technology are within noise: {promotion} of the sentences against {technology}; net stance marketing {marketing_net}, traffic {traffic_net}, technology {technology_net}.",
    ),
    "lean.unknown": ("谈营销或技术的句子太少，无法比较。", "Too few sentences on promotion or technology to compare them."),
    "words": ("关键词", "words"),
    "other_words": ("其他词", "other words"),
    "structure": ("整句", "whole sentence"),
    "meta": (
        "{counted} 句计入，{skipped} 句不计（声明、署名、乱码），{characters} 字，{encoding}，模型 {model}",
        "{counted} sentences counted, {skipped} not (notices, bylines, mojibake), {characters} characters, {encoding}, model {model}",
    ),
    "warning.not-chinese": (
        "注意：这篇文章的中文很少，结果不可靠。",
        "Note: there is little Chinese in this text; the result means little.",
    ),
    "warning.unreadable-sentences": ("注意：有乱码句子，没有计入。", "Note: sentences of mojibake were left out."),
    "warning.encoding-inferred": (
        "注意：编码 {encoding} 是推断的，可用 --encoding 指定。",
        "Note: the encoding {encoding} was inferred; name it with --encoding if it is wrong.",
    ),
    "warning.undecodable-bytes": ("注意：有无法解码的字节。", "Note: some bytes could not be decoded."),
    "how": (
        "占比是校准概率的期望值，计入全文的倾向；净倾向＝赞扬−质疑，−1 到 +1；方括号内为 90% 区间。",
        "Shares are expected values of calibrated probabilities, given the stance of the whole article; net stance = praise − skepticism, −1 to +1; brackets hold 90% intervals.",
    ),
    "page.skip": ("跳到正文", "Skip to the content"),
    "page.subject": ("中文企业报道的立场：赞扬、质疑还是中性", "how Chinese articles write about companies: praise, skepticism or neither"),
    "page.how": ("怎样读这些数字", "How to read the numbers, and how sure they are"),
    "page.how_lines": (
        "每个句子有赞扬、质疑、中性三个概率，经过校准：标为 70% 的句子，大约十句里有七句确实如此。\n"
        "占比是这些概率的期望值，不是标签的计数，并计入全文的倾向（句子单看会低估它）；净倾向＝赞扬占比−质疑占比，从 −1（全是质疑）到 +1（全是赞扬）。\n"
        "方括号和横线是 90% 区间，包括模型整体看错一篇文章的可能，覆盖率在模型没有见过的文章上检验过。两个区间重叠很多，就不要说谁高谁低。\n"
        "句子太少的主题不给数字。声明、署名和乱码照样显示，但不计入。\n"
        "下划线标出的词是依据，数字是它对 log(赞扬/质疑) 的贡献：正数推向赞扬（单线），负数推向质疑（双线）。\n"
        "模型判断的是措辞，不是事实真假；单句常会判错，总数比单句可靠。",
        "Every sentence has three probabilities, of praise, skepticism and neither. They are calibrated: of ten sentences marked 70%, about seven are so.\n"
        "Shares are expected values of these probabilities, not counts of labels, given the stance of the whole article, which sentences by themselves show too little of; net stance is the share of praise less that of skepticism, from −1 (all skepticism) to +1 (all praise).\n"
        "Brackets and whiskers are 90% intervals. They allow for a model that misreads a whole article, and were checked on articles that the model had not seen. Where two intervals largely overlap, say nothing of which is higher.\n"
        "A topic with too few sentences gets no number. Notices, bylines and mojibake are shown but not counted.\n"
        "Underlined words are the evidence; the number is what they add to log(praise/skepticism): plus pushes to praise (single line), minus to skepticism (double line).\n"
        "The model judges wording, not truth. It is often wrong about a single sentence; totals are surer than sentences.",
    ),
    "page.topics": ("各主题的立场", "Stance by topic"),
    "page.topic": ("主题", "Topic"),
    "page.frame": ("立场", "Frame"),
    "page.voice": ("语气", "Voice"),
    "page.no_topic": ("无主题", "No topic"),
    "page.whisker": ("90% 区间", "90% interval"),
    "page.plane": ("营销与技术：篇幅和净倾向", "Marketing and technology: attention and net stance"),
    "page.plane_caption": (
        "越靠右，篇幅越大；越靠上，越偏赞扬。竖线是 90% 区间。",
        "Further right: more of the article. Higher: more praise. Vertical lines are 90% intervals.",
    ),
    "page.voices": ("作者与引述（占比，净倾向）", "The author and those quoted (share, net stance)"),
    "page.speakers": ("引述的人", "Who is quoted"),
    "page.unnamed": ("未具名", "not named"),
    "page.course": ("全文的走势", "The course of the article"),
    "page.step": ("第 {first} 到 {last} 句，净倾向 {net}", "sentences {first} to {last}, net stance {net}"),
    "page.beginning": ("开头", "beginning"),
    "page.end": ("结尾", "end"),
    "page.keys_strip": ("点击跳到原文，方向键移动", "click to go to the text; arrow keys move"),
    "page.text": ("原文", "The article"),
    "page.boilerplate": ("声明或署名，不计入", "notice or byline, not counted"),
    "page.unreadable": ("乱码，不计入", "unreadable, not counted"),
    "page.facts": (
        "{counted} 句计入，{skipped} 句不计；修复 {repairs} 处抓取错误；{characters} 字，{encoding}",
        "{counted} sentences counted, {skipped} not; {repairs} scraping faults repaired; {characters} characters, {encoding}",
    ),
    "page.model": ("模型", "Model"),
    "page.digest": ("结果的 SHA-256", "SHA-256 of the result"),
    "page.filters": ("筛选句子", "Filter sentences"),
    "page.count": ("显示 {shown} / {all} 句", "{shown} of {all} sentences shown"),
    "page.reset": ("全部显示", "Show all"),
    "page.keys": (
        "在原文里用方向键逐句阅读，可看到每个词的贡献。",
        "In the text, arrow keys go from sentence to sentence and show what each word adds.",
    ),
    "page.panel": ("当前句子", "This sentence"),
    "page.number": ("句", "Sentence"),
    "page.empty": ("没有文章。", "There is no article."),
    "page.groups": ("按 {by} 分组", "By {by}"),
    "page.group": ("组", "group"),
    "page.all_articles": ("全部文章", "all articles"),
    "page.multiples": ("各组对照", "The groups side by side"),
    "page.articles": ("文章", "Articles"),
    "page.article": ("文章", "Article"),
    "page.verdict.praise": ("偏赞扬", "praise"),
    "page.verdict.skepticism": ("偏质疑", "skepticism"),
    "page.verdict.mixed": ("褒贬并存", "mixed"),
    "page.verdict.neutral": ("中性为主", "neutral"),
    "page.verdict.unknown": ("无法评分", "unknown"),
    "check.counts": (
        "{counted} 句计入，{variants} 种写法，模型 {model}",
        "{counted} sentences counted, {variants} variants, model {model}",
    ),
    "check.stable": ("稳定：没有超出界限。", "Stable: within all limits."),
    "check.unstable": ("不稳定：{limits}。", "Unstable: {limits}."),
    "check.beyond.flips": ("改写翻转的句子超出界限", "rewriting flips too many frames"),
    "check.beyond.net": ("净倾向随写法变动超出界限", "net stance moves too far with the writing"),
    "check.beyond.influence": ("单独一句左右了净倾向", "net stance hangs on one sentence"),
    "check.line_flips": (
        "换一种写法：{compared} 次比较中 {flips} 句翻转，即 {share}（界限 {limit}）",
        "Rewriting: {flips} of {compared} frames flip, {share} (limit {limit})",
    ),
    "check.line_net": (
        "换一种写法或断句：净倾向最多变动 {value}（界限 {limit}）",
        "Rewriting or cutting differently: net stance moves by {value} at most (limit {limit})",
    ),
    "check.line_influence": (
        "去掉一句：净倾向最多变动 {value}（界限 {limit}）",
        "Leaving one sentence out: net stance moves by {value} at most (limit {limit})",
    ),
    "check.no_limit": ("无", "none"),
    "check.variant": ("写法", "variant"),
    "check.edits": ("改动处", "edits"),
    "check.flips": ("翻转", "flips"),
    "check.recut": ("断句不同", "recut"),
    "check.move": ("净倾向变动：", "change of net stance:"),
    "check.same": ("无可改动", "nothing to change"),
    "check.flipped": ("翻转的句子", "Frames that flip"),
    "check.none_flipped": ("没有句子翻转。", "No frame flips."),
    "check.omitted": ("去掉一句", "Leaving one sentence out"),
    "check.nothing_to_omit": ("句数太少。", "There are too few sentences."),
    "check.uncounted": ("不计入", "not counted"),
    "check.now_verdict": ("结论变为{verdict}", "the verdict becomes: {verdict}"),
    "check.group.script": ("简繁", "Script"),
    "check.group.width": ("全角半角", "Width"),
    "check.group.punctuation": ("标点", "Punctuation"),
    "check.group.spacing": ("空格", "Spacing"),
    "check.group.pinyin": ("拼音", "Pinyin notes"),
    "check.group.cutting": ("断句", "Cutting"),
    "check.s2t": ("转繁体", "to Traditional"),
    "check.s2tw": ("转台湾字形", "to Taiwan forms"),
    "check.s2twp": ("转台湾字形和用词", "to Taiwan forms and words"),
    "check.s2hk": ("转香港字形", "to Hong Kong forms"),
    "check.t2s": ("转简体", "to Simplified"),
    "check.full": ("全角", "full width"),
    "check.half": ("半角", "half width"),
    "check.corner brackets": ("直角引号", "corner brackets"),
    "check.curly quotes": ("弯引号", "curly quotes"),
    "check.dots and dashes": ("省略号和破折号", "dots and dashes"),
    "check.straight quotes": ("直引号", "straight quotes"),
    "check.western marks": ("西式标点", "western marks"),
    "check.spaced": ("汉字与字母间加空格", "Latin set apart"),
    "check.unspaced": ("汉字与字母间去空格", "Latin closed up"),
    "check.letterspaced": ("字间加空格", "letterspaced"),
    "check.indented": ("段首缩进", "indented"),
    "check.blank lines": ("段间空行", "blank lines"),
    "check.half-width notes": ("半角括号注音", "in half-width brackets"),
    "check.full-width notes": ("全角括号注音", "in full-width brackets"),
    "check.at semicolons": ("分号处断开", "cut at semicolons"),
    "check.line per sentence": ("一句一行", "one line per sentence"),
    "check.joined lines": ("段落相接", "joined lines"),
    "check.hard-wrapped": ("定宽换行", "hard-wrapped"),
    "compare.of": ("对照：{groups}", "Comparison: {groups}"),
    "compare.chart": ("各主题的净倾向", "Net stance by topic"),
    "compare.articles": ("{n} 篇", "{n} articles"),
    "compare.pair": ("{left} 与 {right}", "{left} and {right}"),
    "compare.differences": ("差别（后者减前者）", "Differences (second less first)"),
    "compare.difference": ("差", "difference"),
    "compare.clear": ("有差别", "differ"),
    "compare.noise": ("误差之内", "within noise"),
    "compare.line_clear": (
        "{topic}：{right} 比 {left} 更偏{side}，净倾向相差 {value}（90% 区间 {interval}，校正后 p {p}）。",
        "{topic}: {right} leans more to {side} than {left}; net stance differs by {value} (90% interval {interval}, corrected p {p}).",
    ),
    "compare.line_attention": (
        "{topic}：{right} 的篇幅比 {left} {more}，占比相差 {value}（90% 区间 {interval}，校正后 p {p}）。",
        "{topic}: {right} gives {more} attention than {left}; the shares differ by {value} (90% interval {interval}, corrected p {p}).",
    ),
    "compare.more": ("大", "more"),
    "compare.less": ("小", "less"),
    "compare.line_noise": ("{topics}：净倾向的差别在误差之内。", "{topics}: the differences in net stance are within noise."),
    "compare.evidence": ("造成差别的词（每句平均贡献）", "Words that make the difference (mean contribution per sentence)"),
    "compare.rest": ("其余的词和句式", "other words and structure"),
    "compare.stance": ("每句平均 log(赞扬/质疑)", "mean log(praise/skepticism) per sentence"),
    "compare.words": ("用词的差别（对数几率的 z 值）", "Vocabulary that differs (z of log-odds)"),
    "compare.sentences": ("造成差别的句子（对净倾向的贡献）", "Sentences that make the difference (what they add to net stance)"),
    "compare.events": ("同一件事，不同的立场", "The same matter, framed differently"),
    "compare.no_events": ("没有找到说同一件事而立场不同的句子。", "No sentences were found that tell of the same with different frames."),
    "compare.similarity": ("相似度", "similarity"),
    "compare.how_lines": (
        "差别是后者减前者。「有差别」指校正多重比较（Holm）之后 p < 0.1；其余一律视为误差之内。\n"
        "每组的不确定性按文章计算：既包括模型可能看错，也包括同组别的文章可能不同。一组只有一篇时，结论只适用于这一篇。\n"
        "词的贡献是模型里的精确求和：列出的词加上「其余」正好等于总差别。\n"
        "用词的差别只说明谁更常用哪个词，与立场无关。\n"
        "说同一件事的句子由 TF-IDF 余弦相似度找出，彼此互为最近，可能有误。",
        "Differences are the second less the first. “Differ” means p < 0.1 after correction for the number of comparisons (Holm); everything else is within noise.\n"
        "The uncertainty of a group counts articles: what the model may misread, and how other articles of the group may differ. Where a group is one article, the finding is about that article only.\n"
        "Contributions of words are exact terms of the model's sum: those listed and “other” add up to the whole difference.\n"
        "Vocabulary only says who uses which words more; it says nothing of stance.\n"
        "Sentences on the same matter are each other's nearest by TF-IDF cosine; some pairs will be wrong.",
    ),
}

_HANT = str.maketrans(
    "赞扬质疑净倾营销术体无论区间总结没评分计声码书题语气断现数据显觉应与个围绕实类热实对误较编断这来说话谈时篇读单关键词称众从贬并证据误",
    "讚揚質疑淨傾營銷術體無論區間總結沒評分計聲碼書題語氣斷現數據顯覺應與個圍繞實類熱實對誤較編斷這來說話談時篇讀單關鍵詞稱眾從貶並證據誤",
)
# Characters of the strings above that the pairs leave out would stay Simplified: tested against OpenCC.
_HANT_MORE = str.maketrans(
    "占于内乱节场还样约里确签横错盖见检验两叠谁给划贡献负双辞会竖点击动复筛选阅当组后减余几视适"
    "报导为开头边过项标准权识别测试图参号页处经济产业电脑软硬务员网络转换门户发测线优势构"
    "种写稳随变独简台湾弯汉缩进宽",
    "佔於內亂節場還樣約裡確籤橫錯蓋見檢驗兩疊誰給劃貢獻負雙辭會豎點擊動復篩選閱當組後減餘幾視適"
    "報導為開頭邊過項標準權識別測試圖參號頁處經濟產業電腦軟硬務員網絡轉換門戶發測線優勢構"
    "種寫穩隨變獨簡臺灣彎漢縮進寬",
)


def wording(language: Language) -> Wording:
    """Return the words of a language."""
    column = 1 if language == "en" else 0
    words = {key: texts[column] for key, texts in _TABLE.items()}
    if language == "zh-hant":
        words = {key: text.translate(_HANT).translate(_HANT_MORE) for key, text in words.items()}
    return Wording(language, words)


def language_of_locale() -> Language:
    """Return the language that the environment asks for (LC_ALL, LC_MESSAGES, LANG), else Chinese."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "").lower()
        if not value or value.startswith(("c.", "posix")) or value == "c":
            continue
        if value.startswith("zh"):
            return "zh-hant" if any(region in value for region in ("tw", "hk", "mo", "hant")) else "zh"
        return "en"
    return "zh"
