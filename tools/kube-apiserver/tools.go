//go:build tools

// Package tools pins what `make kube-apiserver` builds: the API server and the store it keeps its objects in.
package tools

import (
	_ "go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/kubernetes/cmd/kube-apiserver/app"
)
