/** Who buys here: names that break what assumes ASCII, two words or left-to-right. */
export const customers = [
  { name: '王小明', city: '上海', country: 'CN', currency: 'CNY' },
  { name: '李娜', city: '深圳', country: 'CN', currency: 'CNY' },
  { name: '欧阳修远', city: '成都', country: 'CN', currency: 'CNY' },
  { name: '陳怡君', city: '臺北', country: 'TW', currency: 'TWD' },
  { name: '佐藤 健', city: '大阪', country: 'JP', currency: 'JPY' },
  { name: '김서연', city: '부산', country: 'KR', currency: 'KRW' },
  { name: 'Zoë van den Berg', city: 'Utrecht', country: 'NL', currency: 'EUR' },
  { name: 'Søren Kjær', city: 'Århus', country: 'DK', currency: 'DKK' },
  { name: 'Łukasz Żółkiewski', city: 'Łódź', country: 'PL', currency: 'PLN' },
  { name: 'Σοφία Παπαδοπούλου', city: 'Θεσσαλονίκη', country: 'GR', currency: 'EUR' },
  { name: 'نور الهاشمي', city: 'عمّان', country: 'JO', currency: 'JOD' },
  { name: 'María José Nuñez', city: 'Córdoba', country: 'AR', currency: 'ARS' },
  { name: "Siobhán O'Connor", city: 'Gaillimh', country: 'IE', currency: 'EUR' },
  { name: 'Ana Conceição', city: 'São Paulo', country: 'BR', currency: 'BRL' },
  { name: 'Jürgen Weiß', city: 'Köln', country: 'DE', currency: 'EUR' },
  { name: 'Priya Raghunathan', city: 'Chennai', country: 'IN', currency: 'INR' },
  { name: 'Grace Okafor', city: 'Lagos', country: 'NG', currency: 'NGN' },
  { name: 'Sam Lee', city: 'Portland', country: 'US', currency: 'USD' },
] as const

export const products = [
  { sku: 'TEA-0117', title: 'Longjing tea 龙井茶, 250 g', cents: 2_490 },
  { sku: 'TEA-0204', title: 'Genmaicha 玄米茶, 100 g', cents: 890 },
  { sku: 'POT-0031', title: 'Yixing teapot 紫砂壶, 180 ml', cents: 11_900 },
  { sku: 'CUP-0412', title: 'Cup “Morning”, stoneware', cents: 1_650 },
  { sku: 'CUP-0413', title: 'Cup “Evening”, stoneware', cents: 1_650 },
  { sku: 'KET-0009', title: 'Kettle, gooseneck, 0.8 l', cents: 7_995 },
  { sku: 'TIN-0100', title: 'Tin, airtight, 500 ml', cents: 1_240 },
  { sku: 'BOK-0007', title: 'The Classic of Tea 茶經', cents: 2_150 },
  { sku: 'SET-0002', title: 'Gongfu set, 6 pieces', cents: 24_900 },
  { sku: 'FIL-0301', title: 'Paper filters, 100 pcs', cents: 395 },
] as const

export const warehouses = ['north', 'south', 'east'] as const
export const carriers = ['PostNord', 'SF Express 顺丰', 'DHL', 'Colissimo'] as const
export const paymentMethods = ['card', 'card', 'card', 'alipay', 'wechat-pay', 'ideal', 'invoice'] as const

export const employees = [
  { name: '张伟', unit: '仓储', country: 'CN' },
  { name: '刘思琪', unit: '客服', country: 'CN' },
  { name: 'Ingrid Håkansson', unit: 'Finance', country: 'SE' },
  { name: 'Tomáš Dvořák', unit: 'Logistics', country: 'CZ' },
  { name: 'Amélie Lefèvre', unit: 'Design', country: 'FR' },
  { name: 'Yusuf Çelik', unit: 'Warehouse north', country: 'TR' },
  { name: 'Nguyễn Thị Hoa', unit: 'Purchasing', country: 'VN' },
  { name: 'Oluwaseun Adeyemi', unit: 'Engineering', country: 'NG' },
  { name: 'Björn Ångström', unit: 'Engineering', country: 'SE' },
  { name: 'Fatima Zahra El Idrissi', unit: 'Marketing', country: 'MA' },
  { name: 'Chloë Janssens', unit: 'Warehouse south', country: 'BE' },
  { name: 'José Ángel Muñoz', unit: 'Support', country: 'ES' },
] as const
