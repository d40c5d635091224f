"""Words the demo city makes its names of; none is a person's, and no district of the name exists."""

import numpy as np

# Chinese and pinyin side by side, so that every name can be said in both.
STREETS = (
    ("海滨", "Haibin"), ("登瀛", "Dengying"), ("沧澜", "Canglan"), ("北关", "Beiguan"), ("迎宾", "Yingbin"),
    ("紫荆", "Zijing"), ("清泉", "Qingquan"), ("南山", "Nanshan"), ("新港", "Xingang"), ("钟楼", "Zhonglou"),
    ("东城", "Dongcheng"), ("柳林", "Liulin"), ("凤栖", "Fengqi"), ("丹崖", "Danya"), ("平畴", "Pingchou"),
    ("河口", "Hekou"),
)  # fmt: skip
COMMUNITY_FIRST = (
    ("望", "Wang"), ("听", "Ting"), ("观", "Guan"), ("临", "Lin"), ("清", "Qing"), ("和", "He"),
    ("永", "Yong"), ("春", "Chun"), ("金", "Jin"), ("文", "Wen"), ("安", "An"), ("新", "Xin"),
    ("泰", "Tai"), ("景", "Jing"), ("福", "Fu"),
)  # fmt: skip
COMMUNITY_SECOND = (
    ("海", "hai"), ("涛", "tao"), ("澜", "lan"), ("泉", "quan"), ("风", "feng"), ("晖", "hui"),
    ("园", "yuan"), ("昌", "chang"), ("桥", "qiao"), ("林", "lin"), ("苑", "yuan"),
)  # fmt: skip
DISTRICT_FIRST = (
    ("海", "Hai"), ("汐", "Xi"), ("霁", "Ji"), ("漪", "Yi"), ("沐", "Mu"), ("瀚", "Han"), ("滢", "Ying"),
    ("澄", "Cheng"), ("溟", "Ming"),
)  # fmt: skip
DISTRICT_SECOND = (
    ("澜", "lan"), ("渚", "zhu"), ("汀", "ting"), ("岬", "jia"), ("屿", "yu"), ("浦", "pu"), ("堤", "di"),
    ("砚", "yan"), ("岫", "xiu"),
)  # fmt: skip
AVENUES_NORTH = ("长春路", "登州路", "钟楼路", "紫荆路", "海港路", "沧浪路", "金沙路", "南环路")
AVENUES_EAST = ("迎宾大街", "人民大街", "北关大街", "学府大街", "工业大街", "东风大街")
LANE_FIRST = (
    "青", "永", "瑞", "丰", "沿", "前", "长", "北", "南", "东", "西", "和", "春", "晨", "松", "竹", "梅",
    "兰", "云", "月", "鼓", "书", "泉", "石",
)  # fmt: skip
LANE_SECOND = (
    "年", "安", "祥", "收", "河", "进", "宁", "苑", "园", "平", "阳", "光", "林", "溪", "台", "影", "山",
    "乐", "康", "庆",
)  # fmt: skip
COMMERCIAL_FIRST = (
    "碧海", "金沙", "海韵", "云锦", "翡翠", "锦绣", "御景", "书香", "滨河", "盛世", "阳光", "紫金", "丽景",
    "听涛", "天悦", "东方", "澜庭", "和润", "星河", "水岸",
)  # fmt: skip
COMMERCIAL_SECOND = ("花园", "苑", "名城", "华府", "雅居", "公馆", "庭院", "湾", "家园", "新城", "里", "台")
FACTORIES = (
    "纺织厂", "机械厂", "粮食局", "供销社", "化肥厂", "酒厂", "水产公司", "港务局",
    "教育局", "邮电局", "造纸厂", "食品厂", "农机厂", "印刷厂", "建筑公司", "盐务局",
    "电业局", "轴承厂", "渔具厂", "玻璃厂", "运输公司", "外贸公司", "罐头厂", "船厂",
    "林业局", "建材厂", "水泥厂", "针织厂", "丝绸厂", "钟表厂",
)  # fmt: skip
OLD_FIRST = (
    "向阳", "新民", "和平", "胜利", "文化", "建设", "团结", "朝阳", "红星", "光明", "健康", "友谊", "幸福",
    "前进", "兴华", "振兴", "北苑", "西苑", "南苑", "东苑",
)  # fmt: skip
OLD_SECOND = ("小区", "新村", "里", "一区", "二区", "三区", "北区", "南区")
RESETTLED = ("康宁", "安居", "福泽", "惠民", "乐居", "瑞和", "新苑", "祥泰", "民安", "润泽", "同心", "庆丰")
RESETTLED_SECOND = ("安置小区", "新居", "家园", "社区新村")
VILLAGE_FIRST = ("大", "小", "东", "西", "上", "下", "南", "北", "前", "后")
VILLAGE_SECOND = (
    "季家",
    "柳行",
    "沙河",
    "石岛",
    "槐树",
    "姜沟",
    "马格",
    "芦洋",
    "泊子",
    "王沟",
    "栾沟",
    "杏林",
)
VILLAGE_THIRD = ("村", "庄", "疃")
PARKS = (
    "海韵公园",
    "紫荆公园",
    "中央公园",
    "北关公园",
    "植物园",
    "体育公园",
    "文化公园",
    "湿地公园",
    "清泉公园",
)
SQUARES = ("人民广场", "市民广场", "钟楼广场", "渔港广场", "迎宾广场", "春晖广场")
MARKETS = ("海鲜批发市场", "北关农贸市场", "建材市场", "小商品市场", "果蔬市场", "家居商城")
OFFICES = ("政务中心", "金融中心", "海洋科技大厦", "国际商务中心", "创业大厦", "电子商务园", "会展中心")
CAMPUSES = (
    "第一中学",
    "实验小学",
    "职业学院",
    "海洋大学分校",
    "第二中学",
    "第三实验小学",
    "外国语学校",
    "技师学院",
)
HOSPITALS = ("人民医院", "中医医院", "妇幼保健院")
WORKS = ("工业园一区", "工业园二区", "食品产业园", "渔具产业园", "冷链物流园", "装备制造园", "葡萄酒产业园")


def pick_pairs(
    rng: np.random.Generator,
    first: tuple[tuple[str, str], ...],
    second: tuple[tuple[str, str], ...],
    count: int,
) -> list[tuple[str, str]]:
    """Choose ``count`` different names of two words, each with its pinyin."""
    chosen = rng.permutation(len(first) * len(second))[:count]
    return [
        (first[i // len(second)][0] + second[i % len(second)][0],
         first[i // len(second)][1] + second[i % len(second)][1])
        for i in chosen
    ]  # fmt: skip


def name_stream(rng: np.random.Generator, *words: tuple[str, ...]) -> "NameStream":
    """Make a stream of different names out of all combinations of the words."""
    return NameStream(rng, words)


class NameStream:
    """Names in a drawn order; when all are used they come again with a number."""

    def __init__(self, rng: np.random.Generator, words: tuple[tuple[str, ...], ...]) -> None:
        names = [""]
        for column in words:
            names = [name + word for name in names for word in column]
        self._names = [names[i] for i in rng.permutation(len(names))]
        self._taken = 0

    def take(self) -> str:
        """Give the next name."""
        rounds, place = divmod(self._taken, len(self._names))
        self._taken += 1
        return self._names[place] + ("" if rounds == 0 else f"{rounds + 1}期")
