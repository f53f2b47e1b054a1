/**
 * Simplified and traditional Chinese as judges of each other. A small recognizer knows both and takes one for the other
 * with confidence, where a stroke or two tell them apart; a page is written in one of them.
 */

/** Common characters, the simplified one before the traditional. None of them is written in the other's texts. */
const PAIRS =
  '则則规規资資产產业業务務见見现現说說时時间間们們来來为為东東车車长長门門问問关關开開动動国國学學实實对對应應当當经經过過还還进進这這种種头頭' +
  '书書语語认認识識议議论論证證评評调調员員圆圓场場报報办辦备備声聲处處导導将將属屬岁歲币幣师師归歸录錄彻徹径徑总總恶惡悬懸战戰执執扩擴扫掃扬揚' +
  '数數断斷无無旧舊显顯晓曉权權条條极極构構标標样樣桥橋检檢楼樓欢歡沟溝济濟测測浓濃润潤渐漸满滿灭滅灵靈灾災炼煉热熱爱愛牵牽状狀独獨环環电電画畫' +
  '疗療盘盤盖蓋矿礦码碼础礎确確离離积積称稱稳穩穷窮竞競笔筆签簽简簡类類紧緊红紅纪紀约約级級纯純纲綱纳納纸紙线線练練组組细細终終绍紹结結给給络絡' +
  '绝絕统統继繼绩績续續维維绿綠缓緩编編缘緣缩縮罗羅罚罰职職联聯肃肅胜勝脑腦节節艺藝苏蘇荐薦荣榮药藥获獲营營虑慮虽雖补補装裝觉覺览覽观觀触觸订訂' +
  '计計讨討让讓训訓记記许許设設访訪诉訴诊診词詞译譯试試诗詩诚誠话話该該详詳误誤请請诸諸诺諾读讀课課谁誰谈談谢謝谨謹负負财財责責败敗货貨质質购購' +
  '贯貫贵貴贷貸贸貿费費贺賀赋賦赏賞赔賠赖賴赚賺赛賽赞贊赢贏赵趙趋趨践踐转轉轮輪软軟轻輕载載较較辅輔辆輛输輸边邊达達迁遷运運远遠违違连連迟遲适適' +
  '选選递遞遗遺邮郵邻鄰郑鄭释釋鉴鑒针針钟鐘钢鋼钱錢铁鐵银銀铺鋪链鏈销銷锁鎖锐銳错錯键鍵镇鎮镜鏡闭閉闲閒闻聞阅閱阳陽阴陰阵陣阶階际際陆陸陈陳险險' +
  '随隨隐隱难難须須预預领領频頻颗顆题題颜顏额額风風飞飛饭飯饮飲馆館驱驅验驗骗騙鱼魚鲜鮮鸟鳥鸡雞麦麥龙龍页頁项項顺順顾顧图圖团團围圍圣聖坚堅块塊坏壞' +
  '奖獎妇婦孙孫宁寧宝寶审審宪憲宽寬宾賓寻尋层層岗崗岛島带帶帮幫庆慶库庫废廢异異张張弹彈忆憶忧憂怀懷态態恋戀惊驚惩懲惯慣愿願戏戲抚撫抢搶护護择擇' +
  '挂掛挥揮损損摆擺发發变變叶葉号號吗嗎听聽启啟单單卖賣厂廠历歷压壓厅廳厨廚县縣参參双雙队隊协協华華卫衛区區医醫厉厲军軍农農冲衝况況净淨凤鳳凭憑' +
  '击擊创創删刪剂劑剧劇劳勞势勢勋勳';

const SIMPLIFIED = new Set([...PAIRS].filter((_, index) => index % 2 === 0));
const TRADITIONAL = new Set([...PAIRS].filter((_, index) => index % 2 === 1));

const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** So many characters of the one, and so many times those of the other, tell what the page is written in. */
const MIN_CHARACTERS = 8;
const MIN_MAJORITY = 3;

/**
 * Of the lines of a page, the characters that are of the other Chinese; empty where the page does not tell which it is
 * written in, and on Japanese pages, which have characters of both.
 */
export function foreignVariants(texts: readonly string[]): ReadonlySet<string> {
  const count = (of: ReadonlySet<string>) =>
    texts.reduce((sum, text) => sum + [...text].filter((character) => of.has(character)).length, 0);
  const [simplified, traditional] = [count(SIMPLIFIED), count(TRADITIONAL)];
  const [few, many, foreign] =
    simplified < traditional ? [simplified, traditional, SIMPLIFIED] : [traditional, simplified, TRADITIONAL];
  const isTold = many >= MIN_CHARACTERS && many >= MIN_MAJORITY * few;
  return isTold && !texts.some((text) => KANA.test(text)) ? foreign : new Set();
}
