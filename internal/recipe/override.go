package recipe

import "strings"

// envPrefix starts the variables that set keys.
const envPrefix = "ACOL_"

// env returns the variable that sets the key: ACOL_TRAIN_BATCH_SIZE for train.batch_size.
func (f *field) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.path, ".", "_"))
}

// Overrides reports whether Set or Env gives a value to a key.
func (o Options) Overrides(key string) bool {
	var unread problems
	for _, s := range append(readSet(o.Set, &unread), readEnv(o.Env, &unread)...) {
		if s.key.path == key {
			return true
		}
	}
	return false
}

// CheckSet returns an *Error of what is wrong with overrides as Options.Set has them, each by
// itself.
func CheckSet(set []string) error {
	var p problems
	readSet(set, &p)
	return p.err()
}

// SetValue returns the text that the last of the overrides gives to a key; "" where none does.
func SetValue(set []string, key string) string {
	value := ""
	for _, s := range set {
		if k, text, _ := strings.Cut(s, "="); strings.TrimSpace(k) == key {
			value = strings.TrimSpace(text)
		}
	}
	return value
}

// readSet reads overrides of the form key=value. What is wrong with them is added to p.
func readSet(set []string, p *problems) []setting {
	var out []setting
	for _, s := range set {
		key, text, ok := strings.Cut(s, "=")
		key = strings.TrimSpace(key)
		f := lookup(key)
		switch {
		case !ok:
			msg := "--set wants key=value"
			p.add(Problem{Key: printable(key), Msg: msg, Hint: "such as train.epochs=3"})
		case f == nil:
			p.unknown(printable(key), "", "--set")
		case f.section():
			msg := "a section cannot be set as a whole"
			p.add(Problem{Key: f.path, Msg: msg, Where: "--set", Hint: hasKeys(f)})
		default:
			out = override(out, f, text, "--set", p)
		}
	}
	return out
}

// readEnv reads the ACOL_ variables that set keys. A variable that begins with a section's name but
// names no key is a mistake, and is reported; any other is not about the recipe.
func readEnv(environ []string, p *problems) []setting {
	byName := make(map[string]*field, len(keys))
	for _, k := range keys {
		byName[k.env()] = k
	}
	var out []setting
	for _, e := range environ {
		name, text, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, envPrefix) || text == "" {
			continue
		}
		section, rest, _ := strings.Cut(strings.TrimPrefix(name, envPrefix), "_")
		s := schema.child(strings.ToLower(section))
		switch f := byName[name]; {
		case f != nil:
			out = override(out, f, text, name, p)
		case s != nil && s.section() && section == strings.ToUpper(section):
			p.add(Problem{
				Key: printable(name), Msg: "unknown key", Where: "environment", Hint: envHint(s, rest),
			})
		}
	}
	return out
}

// envHint proposes the variable nearest to an unknown one that begins with the name of section s.
func envHint(s *field, rest string) string {
	var names []string
	for _, k := range s.leaves() {
		names = append(names, strings.TrimPrefix(k.env(), s.env()+"_"))
	}
	if near := nearestName(rest, names); near != "" {
		return didYouMean(s.env() + "_" + near)
	}
	if f := lookup(nearestKey(s.path + "." + rest)); f != nil && !f.section() {
		return didYouMean(f.env())
	}
	return "acol config keys lists them"
}

// override appends the setting of key f that text makes, or reports to p why it makes none.
func override(out []setting, f *field, text, where string, p *problems) []setting {
	v, err := f.fromText(text)
	if err != nil {
		p.add(Problem{Key: f.path, Msg: err.Error(), Where: where})
		return out
	}
	return append(out, setting{f, v, where})
}
