"""A Kubernetes API in memory: as much of a kube-apiserver as kubectl and we ask for."""

from apigeectl.sandbox.kubernetes.control_plane import Logs
from apigeectl.sandbox.kubernetes.messages import Request
from apigeectl.sandbox.kubernetes.server import KubernetesServer

__all__ = ["KubernetesServer", "Logs", "Request"]
