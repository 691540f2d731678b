"""From manifests to a changed cluster, as a stream of events."""
