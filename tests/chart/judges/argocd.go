package main

import (
	"encoding/json"
	"fmt"
	"os"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
)

// What Argo CD leaves of Lua's os library.
var safe = map[string]bool{"date": true, "time": true}

// argocd runs a script of a resource customization: a health check, the discovery of actions or an action. Argo CD
// gives scripts that come from its ConfigMap no libraries but package, the basic functions, table, and the harmless
// part of os: not even string.
func argocd(path string) (judge, error) {
	script, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return func(object *unstructured.Unstructured) (any, error) {
		state := lua.NewState(lua.Options{SkipOpenLibs: true})
		defer state.Close()
		openLibraries(state)
		state.SetGlobal("obj", luajson.DecodeValue(state, plain(object)))
		if err := state.DoString(string(script)); err != nil {
			return nil, err
		}
		if state.GetTop() == 0 {
			return nil, fmt.Errorf("%s returns nothing", path)
		}
		text, err := luajson.Encode(state.Get(-1))
		return json.RawMessage(text), err
	}, nil
}

func openLibraries(state *lua.LState) {
	libraries := []struct {
		name string
		open lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage},
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
		{lua.OsLibName, lua.OpenOs},
	}
	for _, library := range libraries {
		state.Push(state.NewFunction(library.open))
		state.Push(lua.LString(library.name))
		state.Call(1, 0)
	}
	if system, ok := state.GetGlobal(lua.OsLibName).(*lua.LTable); ok {
		system.ForEach(func(name, _ lua.LValue) {
			if !safe[name.String()] {
				system.RawSet(name, lua.LNil)
			}
		})
	}
}

// plain is the object as encoding/json would read it: Lua knows one kind of number.
func plain(object *unstructured.Unstructured) any {
	var value any
	if text, err := object.MarshalJSON(); err == nil {
		_ = json.Unmarshal(text, &value)
	}
	return value
}
