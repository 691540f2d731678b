"""The edge: the Kubernetes API and Google's APIs."""
