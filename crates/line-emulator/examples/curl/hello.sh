#!/usr/bin/env sh
# Any language: LINE is plain HTTP. A friend, a message, the same message again, and what the phone got.
#
#   sh hello.sh
set -eu

base="${LINE_BASE:-http://127.0.0.1:8090}"
token="${LINE_TOKEN:-emulator-long-lived-token}"
channel="${LINE_CHANNEL:-1650000002}"
retry_key="${RETRY_KEY:-123e4567-e89b-12d3-a456-426614174000}"

ask() { curl --silent --show-error --noproxy '*' "$@"; }
json='content-type: application/json'

# Hanako adds the account, as she would by a QR code.
ask -H "$json" -d "{\"channel\": \"$channel\"}" "$base/_emulator/personas/hanako/add"; echo

# Her id at this provider; a real bot learns it from the webhook.
user=$(ask "$base/_emulator/personas" | grep -o 'U[0-9a-f]\{32\}' | head -n 1)

push() {
  ask -o /dev/stderr -w '%{http_code}\n' -H "$json" -H "authorization: Bearer $token" -H "x-line-retry-key: $retry_key" \
    -d "{\"to\": \"$user\", \"messages\": [{\"type\": \"text\", \"text\": \"こんにちは\"}]}" \
    "$base/v2/bot/message/push"
}
echo "push: $(push)"
echo "the same again: $(push)"

echo "on the phone:"
ask "$base/_emulator/personas/hanako/messages"; echo
