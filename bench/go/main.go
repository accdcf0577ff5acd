// The smallest reverse proxy Go's standard library makes, as a reference for weir's bench.
// With -parse it also reads each request and parses its JSON, as a proxy that measures MCP must.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
)

// envelope is what such a proxy needs of a JSON-RPC message.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Name string `json:"name"`
		URI  string `json:"uri"`
	} `json:"params"`
}

// toolCalls keeps the compiler from leaving the parsing out.
var toolCalls atomic.Int64

func parsed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "cannot read the request", http.StatusBadRequest)
			return
		}
		var message envelope
		if json.Unmarshal(body, &message) == nil && message.Method == "tools/call" {
			toolCalls.Add(1)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
		next.ServeHTTP(w, r)
	})
}

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	target := flag.String("target", "", "URL of the upstream")
	parse := flag.Bool("parse", false, "read and parse each request")
	cert := flag.String("cert", "", "certificate; serves TLS")
	key := flag.String("key", "", "key of the certificate")
	flag.Parse()

	upstream, err := url.Parse(*target)
	if err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	proxy.FlushInterval = -1
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true}

	var handler http.Handler = proxy
	if *parse {
		handler = parsed(handler)
	}
	server := &http.Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(*port)), Handler: handler}
	if *cert != "" {
		log.Fatal(server.ListenAndServeTLS(*cert, *key))
	}
	log.Fatal(server.ListenAndServe())
}
