#!/bin/sh
# Alibaba Cloud's official libraries read one credentials file as different keys: alibabacloud-credentials 1.0.12 (PyPI)
# keeps the quotes around a value and a semicolon in it, @alicloud/credentials 2.4.7 (npm) strips the quotes and cuts at
# the semicolon. One would expect the file, which is made to be shared, to be the same key for both. A file that works
# with one gives InvalidAccessKeyId or SignatureDoesNotMatch with the other. Seen on 2026-11-30; needs Python and Node.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > credentials <<'EOF'
[default]
type = access_key
access_key_id = "id"
access_key_secret = one;two
EOF
export ALIBABA_CLOUD_CREDENTIALS_FILE="$folder/credentials"
cat > read.py <<'EOF'
from alibabacloud_credentials.provider.profile import ProfileCredentialsProvider
key = ProfileCredentialsProvider(profile_name="default").get_credentials()
print(key.get_access_key_id(), key.get_access_key_secret())
EOF
cat > read.js <<'EOF'
const { default: Provider } = require("@alicloud/credentials/dist/src/providers/profile");
const provider = Provider.builder().withProfileName("default").build();
provider.getCredentials().then((key) => console.log(key.accessKeyId, key.accessKeySecret));
EOF
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check alibabacloud-credentials==1.0.12
npm install --silent --no-fund --no-audit @alicloud/credentials@2.4.7 > /dev/null

expected='alibabacloud-credentials 1.0.12: "id" one;two
@alicloud/credentials 2.4.7: id one'
seen="alibabacloud-credentials 1.0.12: $(python/bin/python read.py)
@alicloud/credentials 2.4.7: $(node read.js)"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'it changed; it was:\n%s\n' "$expected" >&2; exit 1; }
