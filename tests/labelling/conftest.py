"""Fourteen short articles written for these tests, and a model trained on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from framing.artifact import save
from framing.labelling.files import read_folder
from framing.lexicon import load_lexicon
from framing.model import FramingModel
from framing.training import TrainConfig, train

FRAME = {"P": "praise", "S": "skepticism", "N": "neutral"}
TOPIC = {"m": "marketing", "t": "technology", "f": "traffic"}
VOICE = {"a": "author", "q": "quoted"}

# One article per block: frame, topics, voice, sentence.
ARTICLES = """
N  a 青舟外卖上周公布了骑手装备的更换计划。
P t a 新头盔的定位精度大幅领先同类产品，骑手好评如潮。
S t a 不过电池续航依旧令人失望，冬天更是频频掉电。
N t q 公司技术主管韩越表示，下一版固件将在三月推送。

N  a 禾叶茶饮今年在西南开设了四十家门店。
P m a 新包装清新亮眼，一上架就赢得顾客青睐。
S m a 所谓限量联名不过是换了杯套，诚意严重不足。
S f q 有网友吐槽，排队三小时的热闹全靠雇人撑场。

P t a 澜石芯片的新工艺实现重大突破，功耗创下最低纪录。
N t a 该芯片采用六层堆叠结构，封装尺寸为十二毫米。
S t a 良率偏低的老问题仍未解决，量产前景令人担忧。
N  q 首席财务官在电话会上说，第四季度资本开支为九亿元。

N f a 望山旅行昨晚在三个平台同时直播，历时四小时。
P f a 直播间人气爆棚，口碑持续走高，堪称年度佳作。
S f a 热搜买得勤，转化却惨淡，流量打法已显疲态。
N m q 运营负责人称，优惠券将于周五发放。

P  a 远麦物流连续五年盈利，稳健的管理值得称赞。
N  a 公司总部位于武汉，现有员工两千余人。
S  a 频繁更换高管暴露出治理混乱，投资者信心受挫。
N m a 新广告在地铁二号线和机场投放，为期一个月。

N t a 北辰汽车的辅助驾驶系统在高速路段启用。
P t a 变道果断平顺，避让精准，体验令人惊艳。
S t q 多名车主质疑，系统在雨夜频繁误报，存在严重隐患。
P m q 经销商表示，新车型订单火爆，远超预期。

S m a 洁然美妆的宣传夸大其词，功效承诺经不起推敲。
N m a 品牌在杭州开设了首家旗舰店，面积三百平方米。
P m a 门店设计精致优雅，服务细致周到，广受好评。
S f a 请来的主播翻车道歉，品牌形象跌入谷底。

N t a 云杉智能发布了第二代扫地机器人，售价一千八百元。
P t a 避障能力出色，噪声控制优秀，堪称同价位最佳。
S t a 应用程序漏洞百出，地图经常丢失，令人恼火。
N  a 产品将于下月十日发货。

P f a 星屿游戏的周年活动大获成功，玩家热情高涨。
N f a 活动期间服务器共开放十二组。
S f q 玩家抱怨，抽卡概率不透明，涉嫌误导消费。
S  a 裁员风波未平，公司又陷入版权纠纷，处境堪忧。

N  a 江畔数码的三季报于周四晚间披露。
P  a 营收再创新高，毛利率显著改善，表现超出预期。
S  a 现金流持续恶化，债务风险不容忽视。
N t q 研发负责人介绍，团队目前有三百名工程师。

N m a 麦禾咖啡把小杯价格调整为十一元。
P m q 店长说，老顾客对新豆子赞不绝口。
S m a 涨价理由苍白无力，难以令人信服。
P t a 自研烘焙设备稳定可靠，大幅提升了出品效率。

S t a 灵溪大模型的演示疑似造假，技术实力存疑。
N t a 模型参数规模为七十亿，支持中英双语。
P t a 开源版本推理速度飞快，开发者纷纷点赞。
N f q 市场部称，发布会的观看人次为二百万。

N  q “我们从仓库的一张旧桌子开始。”创始人沈柏回忆说。
S  q “头两年的账本非常难看，供应商天天上门讨债。
P  q 后来的转机来得漂亮，团队拿下了最重要的客户。
N  q 那份合同一共签了三年。”
N  a 沈柏如今仍住在厂区旁边的宿舍。
P  q “每一位老员工都了不起，我由衷敬佩。”他说。

N t q “新产线在去年七月动工。”厂长陆湘介绍。
S t q “设备调试屡屡受挫，工期一拖再拖。
N t q 德国的工程师住了四个月。
P t q 好在最终的成品率令人振奋，堪称行业标杆。”
N  a 采访在食堂进行，时间是中午。
S t q “缺少熟练工仍是最大的隐患。”陆湘说。
"""

WriteLabels = Callable[..., Path]


def article_rows() -> list[dict[str, Any]]:
    """Return the rows of the articles."""
    rows = []
    for number, block in enumerate(ARTICLES.strip().split("\n\n")):
        for line, text in enumerate(block.splitlines()):
            frame, topics, voice, sentence = text.split(" ", 3)
            rows.append(
                {
                    "id": f"a{number}#{line}",
                    "article": f"a{number}",
                    "text": sentence,
                    "frame": FRAME[frame],
                    "topics": [TOPIC[t] for t in topics],
                    "voice": VOICE[voice],
                    "register": "wire" if number % 2 else "review",
                    "paragraph": line // 2,
                    "tags": [],
                    "source": "article",
                    "split": "test" if number == 5 else "train",
                }
            )
    return rows


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    return article_rows()


@pytest.fixture
def write_labels(tmp_path: Path) -> WriteLabels:
    """Give a writer of label files in a folder of the test's own."""

    def write(rows: Sequence[Mapping[str, Any]], name: str = "labels/mine.jsonl") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def small_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a model trained on the articles."""
    folder = tmp_path_factory.mktemp("small")
    labels = folder / "labels.jsonl"
    labels.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in article_rows()), "utf-8")
    model, _ = train(read_folder([labels]), load_lexicon(), TrainConfig(jobs=1), name="small")
    save(model, folder / "model", "")
    return folder / "model"


@pytest.fixture(scope="session")
def small_model(small_model_path: Path) -> FramingModel:
    from framing.artifact import load

    return load(small_model_path)
