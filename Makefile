.PHONY: demo test lint crds docs golden fuzz bench dashboard image e2e

demo:  ## a control plane, an SAE and the operator, and a story; DEMO=once ends after it
	@cargo build --quiet --bin saewatch --example demo && exec target/debug/examples/demo

test:  ## everything, unit to kubectl
	cargo test --workspace

lint:
	cargo fmt --all --check && cargo clippy --workspace --all-targets -- -D warnings

crds:
	UPDATE_CRDS=1 cargo test --quiet --test generated

docs:  ## what is generated on the pages, and what their commands print
	UPDATE_DOCS=1 cargo test --quiet --test pages -- --test-threads=1
	UPDATE_DOCS=1 cargo test --quiet --test chart -- readme guide configmap

golden:  ## the golden files: what check and discover print, what a walk through an application's life shows, what the operator does
	UPDATE_GOLDEN=1 cargo test --quiet --test check golden
	UPDATE_GOLDEN=1 cargo test --quiet --test discover golden
	UPDATE_GOLDEN=1 cargo test --quiet --test outside walk
	UPDATE_GOLDEN=1 cargo test --quiet --test virtual scene

fuzz:  ## a minute of fuzzing for every reader of untrusted input
	fuzz/run 60

bench:  ## what the scheduler makes of 30 calls a minute, what the process costs, and docs/bench.svg; some half an hour
	cargo bench --quiet --bench quota && cargo bench --quiet --bench plot && cargo bench --quiet --bench process

dashboard:  ## docs/dashboard.png, the Grafana dashboard on hours of the operator; wants node, prometheus and chromium
	@docs/dashboard/draw

image:  ## target/saewatch-image.tar; wants buildah, or docker
	@image/build

e2e:  ## the image and the chart in the cluster of KUBECONFIG; tests/e2e/run says what it needs
	@tests/e2e/run
