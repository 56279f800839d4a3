package locale

import (
	"strconv"
	"strings"
	"time"
)

// moments says how each language writes a date with a time. Two digits of the
// hour need no words for the halves of the day; months with names can't be taken
// for days.
var moments = map[string]struct{ form, months string }{
	"en":      {"{d} {m} {y}, {t}", "January February March April May June July August September October November December"},
	"de":      {"{d}. {m} {y}, {t} Uhr", "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"},
	"fr":      {"{d} {m} {y} à {t}", "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"},
	"es":      {"{d} de {m} de {y}, {t}", "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"},
	"pt":      {"{d} de {m} de {y}, {t}", "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"},
	"it":      {"{d} {m} {y}, {t}", "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"},
	"nl":      {"{d} {m} {y} {t}", "januari februari maart april mei juni juli augustus september oktober november december"},
	"pl":      {"{d} {m} {y}, {t}", "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"},
	"tr":      {"{d} {m} {y} {t}", "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık"},
	"ja":      {"{y}年{m}月{d}日 {t}", "1 2 3 4 5 6 7 8 9 10 11 12"},
	"zh-Hans": {"{y}年{m}月{d}日 {t}", "1 2 3 4 5 6 7 8 9 10 11 12"},
	"ar":      {"{d} {m} {y}، {t}", "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"},
}

// Moment writes a point in time to the minute, in UTC, and says that it is in
// UTC. An unknown tag is written as Default.
func Moment(tag string, t time.Time) string {
	in, ok := moments[tag]
	if !ok {
		in = moments[Default]
	}
	t = t.UTC()
	return strings.NewReplacer(
		"{d}", strconv.Itoa(t.Day()),
		"{m}", strings.Fields(in.months)[t.Month()-1],
		"{y}", strconv.Itoa(t.Year()),
		"{t}", t.Format("15:04"),
	).Replace(in.form) + " UTC"
}
