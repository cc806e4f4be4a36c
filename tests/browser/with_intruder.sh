#!/bin/bash
# A browser that is not alone: a process of the same family asks the endpoint for what pages get,
# without the secret and with wrong ones, and says on standard error what it was told. Then it is
# Chromium.
set -uo pipefail
port=
for argument in "$@"; do
    case "$argument" in
    --proxy-pac-url=*)
        [[ $(base64 -d <<< "${argument##*base64,}") =~ 127\.0\.0\.1:([0-9]+) ]] &&
            port=${BASH_REMATCH[1]}
        ;;
    esac
done

ask() {
    exec 5<> "/dev/tcp/127.0.0.1/$port" || return
    printf '%b' "$1" >&5
    tr -d '\r' <&5 | tr '\n' '~' | sed 's/^/intruder: /; s/$/\n/' >&2
    exec 5>&-
}
end='Connection: close\r\n\r\n'
wrong='Proxy-Authorization: Basic d3NpbnRlcmNlcHQ6MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=\r\n'
for fields in '' "$wrong"; do
    ask "CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n$fields$end"
    ask "GET http://myapp/ HTTP/1.1\r\nHost: myapp\r\n$fields$end"
    ask "GET http://myapp/nothing HTTP/1.1\r\nHost: myapp\r\n$fields$end"
    ask "GET / HTTP/1.1\r\nHost: myapp\r\n$fields$end"
    ask "GET /x HTTP/1.1\r\nHost: myapp\r\nOrigin: http://myapp\r\nUpgrade: websocket\r\n${fields}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: Upgrade\r\n\r\n"
done
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    ! command -v $name > /dev/null || exec $name "$@"
done
exit 127
