package rows

import "testing"

func TestSpreadIsOverTheRowsThatHaveTheFigure(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   string
	}{
		{[]string{"60", "", "62", "64"}, "62.0 ± 2.0"}, {[]string{"60", ""}, "60.0"}, {[]string{""}, ""},
	} {
		var group []Row
		for _, v := range c.values {
			group = append(group, Row{"top1": v})
		}
		if got := Spread(group, "top1"); got != c.want {
			t.Errorf("spread of %q is %q, want %q", c.values, got, c.want)
		}
	}
}

func TestGroupsKeepTheOrderOfTheirFirstRows(t *testing.T) {
	groups := Group([]Row{{"a": "2", "s": "1"}, {"a": "1", "s": "1"}, {"a": "2", "s": "2"}}, "a")
	if len(groups) != 2 || len(groups[0]) != 2 || groups[0][1]["s"] != "2" || groups[1][0]["a"] != "1" {
		t.Errorf("groups %v", groups)
	}
}
