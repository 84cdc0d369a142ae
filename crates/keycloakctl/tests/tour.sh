#!/usr/bin/env bash
# A tour of keycloakctl: the commands that people use, on a server that runs, in a realm of its own.
#
# The profile or KEYCLOAKCTL_SERVER, KEYCLOAKCTL_USERNAME and KEYCLOAKCTL_PASSWORD name the server and the account. KEYCLOAKCTL_REALM names the realm,
# which is created and deleted here. `is TEXT COMMAND` fails unless the command prints the text, `shows PATTERN COMMAND` unless
# a line of it fits, and `fails CODE COMMAND` unless it ends with the code.
set -euo pipefail
trap 'echo "line $LINENO failed" >&2' ERR

realm=$KEYCLOAKCTL_REALM
folder=$(mktemp -d)
cleanup() {
    keycloakctl realms delete --realm "$realm" 2>"$folder/delete.log" || true
    rm -r "$folder"
}
trap cleanup EXIT

is() {
    local expected=$1 found
    shift
    found=$("$@")
    if [ "$found" != "$expected" ]; then
        echo "$*" >&2
        echo "  printed  $found" >&2
        echo "  expected $expected" >&2
        return 1
    fi
}

shows() {
    local pattern=$1 found
    shift
    found=$("$@")
    if ! grep -q -- "$pattern" <<<"$found"; then
        echo "$* does not show $pattern, but: $found" >&2
        return 1
    fi
}

fails() {
    local code=$1 found=0
    shift
    "$@" >"$folder/out" 2>"$folder/err" || found=$?
    if [ "$found" != "$code" ]; then
        echo "$* ended with $found and not with $code: $(cat "$folder/err")" >&2
        return 1
    fi
}

# --- Realms ---------------------------------------------------------------------------------------------------------------------------------

keycloakctl realms create --set realm="$realm" --enabled --display-name "Acme" --organizations-enabled
is "$realm" keycloakctl realms get -o name
keycloakctl realms edit --login-theme keycloak.v2 --set attributes.frontendUrl=https://sso.example.com
is https://sso.example.com keycloakctl realms get -o csv --no-headers --fields attributes.frontendUrl
shows "^$realm\$" keycloakctl realms list --brief-representation --fields realm -o csv --no-headers
shows RS256 keycloakctl realms get-keys -o json
fails 4 keycloakctl realms create --set realm="$realm"

# --- Users: from flags, from YAML, from JSON on standard input ------------------------------------------------------------------------------

alice=$(keycloakctl users create --username alice --email alice@example.com --enabled --first-name Alice -o name)
cat >"$folder/bob.yaml" <<'YAML'
username: bob
enabled: true
email: bob@example.com
firstName: Bob
lastName: Builder
YAML
keycloakctl users create -f "$folder/bob.yaml"
echo '{"username": "carol", "enabled": false}' | keycloakctl users create -f -
is 3 keycloakctl users count
is "$(printf 'alice\nbob\ncarol')" keycloakctl users list --all -o name
is alice keycloakctl users list --search ali -o name
is alice keycloakctl users list --email alice@example.com --exact -o name
is "$alice" keycloakctl users get --user alice -o csv --no-headers --fields id
is alice keycloakctl users get --user-id "$alice" -o name

# `edit` changes what it is told to change, and keeps the rest. `update` sends what it is given.
keycloakctl users edit --user alice --last-name Smith
is alice@example.com,Alice,Smith keycloakctl users get --user alice -o csv --no-headers --fields email,firstName,lastName
EDITOR="sed -i s/Smith/Jones/" keycloakctl users edit --user alice
is Jones keycloakctl users get --user alice -o csv --no-headers --fields lastName
keycloakctl users update --user carol --enabled=true
is true keycloakctl users get --user carol -o csv --no-headers --fields enabled

# A password comes from standard input, so no other user of the machine sees it.
printf 'S3cret-of-alice' | keycloakctl users reset-password --user alice --set temporary=false --set-file value=-
is password keycloakctl users list-credentials --user alice -o csv --no-headers --fields type
keycloakctl users list-sessions --user alice
keycloakctl users logout --user alice
credential=$(keycloakctl users list-credentials --user alice -o csv --no-headers --fields id)
keycloakctl users delete-credential --user alice --credential-id "$credential"
is "" keycloakctl users list-credentials --user alice -o csv --no-headers --fields id

# Many users come from a file. A line that cannot be imported is named, and the others are imported.
printf 'username,email,firstName,lastName,password\nerin,erin@example.com,Erin,Hill,S3cret-of-erin\nfrank,no address,Frank,Hill,\n' >"$folder/users.csv"
fails 1 keycloakctl users import "$folder/users.csv"
grep -q 'users.csv:3 (frank): .*email: error-invalid-email' "$folder/err"
keycloakctl users import "$folder/users.csv" --no-validate --failures "$folder/failures.csv"
is line,name,reason cat "$folder/failures.csv"
is "$(printf 'erin\nfrank')" keycloakctl users list --last-name Hill -o name
keycloakctl users delete --user erin
keycloakctl users delete --user frank

# The user profile of the realm.
keycloakctl users get-profile-config -o json >"$folder/profile.json"
keycloakctl users edit-profile-config --unmanaged-attribute-policy ENABLED
keycloakctl users edit --user alice --set attributes.team=blue
is blue keycloakctl users get --user alice -o csv --no-headers --fields attributes.team
is alice keycloakctl users list --q team:blue -o name

# A name that does not exist lists what comes near, and a body is checked before it is sent.
fails 3 keycloakctl users get --user alise
grep -q '`alice`' "$folder/err"
printf 'username: dora\nemial: dora@example.com\n' >"$folder/dora.yaml"
fails 2 keycloakctl users create -f "$folder/dora.yaml"
grep -q 'dora.yaml:2:1: `emial`: there is no such field; there is `email`' "$folder/err"
fails 4 keycloakctl users create --username alice

# --- Roles ----------------------------------------------------------------------------------------------------------------------------------

keycloakctl roles create --name editor --description "May edit"
keycloakctl roles create --name author
is editor keycloakctl roles get --role editor -o csv --no-headers --fields name
keycloakctl roles edit --role editor --description "May edit texts"
is "May edit texts" keycloakctl roles get --role editor -o csv --no-headers --fields description
keycloakctl roles add-composites --role editor --composite author
is author keycloakctl roles list-composites --role editor -o name
is editor keycloakctl roles list --search edit -o name
keycloakctl users add-realm-roles --user alice --role editor
shows '^editor$' keycloakctl users list-realm-roles --user alice -o name
shows '^author$' keycloakctl users list-effective-realm-roles --user alice -o name
is alice keycloakctl roles list-users --role editor -o name
keycloakctl users remove-realm-roles --user alice --role editor
is "" keycloakctl roles list-users --role editor -o name
keycloakctl roles remove-composites --role editor --composite author
keycloakctl roles delete --role author
fails 3 keycloakctl roles get --role author

# --- Groups: by path, or by a name that only one has ----------------------------------------------------------------------------------------

keycloakctl groups create --name staff
keycloakctl groups create-subgroup --group staff --name night
is /staff/night keycloakctl groups get --group night -o csv --no-headers --fields path
is night keycloakctl groups get-by-path --path staff/night -o csv --no-headers --fields name
is staff keycloakctl groups list -o csv --no-headers --fields name
is night keycloakctl groups list-subgroups --group staff -o csv --no-headers --fields name
keycloakctl groups edit --group /staff/night --set attributes.shift=late
is late keycloakctl groups get --group /staff/night -o csv --no-headers --fields attributes.shift
keycloakctl users add-to-group --user alice --group /staff/night
is alice keycloakctl groups list-members --group /staff/night -o name
is /staff/night keycloakctl users list-groups --user alice -o csv --no-headers --fields path
is 1 keycloakctl users count-groups --user alice
keycloakctl groups add-realm-roles --group /staff/night --role editor
shows '^editor$' keycloakctl groups list-realm-roles --group /staff/night -o name
shows '^editor$' keycloakctl users list-effective-realm-roles --user alice -o name
keycloakctl users remove-from-group --user alice --group /staff/night
keycloakctl realms add-default-group --group staff
is staff keycloakctl realms list-default-groups -o csv --no-headers --fields name
keycloakctl realms remove-default-group --group staff
fails 3 keycloakctl groups get --group /staff/nigth
grep -q '`/staff/night`' "$folder/err"
# Two groups of one name are told apart by their paths.
keycloakctl groups create --name night
fails 4 keycloakctl groups get --group night
keycloakctl groups delete --group /night

# --- Clients --------------------------------------------------------------------------------------------------------------------------------

cat >"$folder/app.yaml" <<'YAML'
redirectUris: [https://app.example.com/*]
serviceAccountsEnabled: true
attributes:
  post.logout.redirect.uris: +
YAML
keycloakctl clients create --client-id app -f "$folder/app.yaml"
is https://app.example.com/* keycloakctl clients get --client app -o csv --no-headers --fields redirectUris
keycloakctl clients edit --client app --name "The app" --redirect-uris https://a/* --redirect-uris https://b/*
is "The app" keycloakctl clients get --client app -o csv --no-headers --fields name
is app keycloakctl clients list --client-id app -o csv --no-headers --fields clientId
shows '"value"' keycloakctl clients get-secret --client app -o json
shows '"value"' keycloakctl clients regenerate-secret --client app -o json
is service-account-app keycloakctl clients get-service-account-user --client app -o name
keycloakctl clients create-role --client app --name reader
is reader keycloakctl clients list-roles --client app -o csv --no-headers --fields name
keycloakctl users add-client-roles --user bob --client app --role reader
is reader keycloakctl users list-client-roles --user bob --client app -o name
shows reader keycloakctl users get-role-mappings --user bob -o json
is bob keycloakctl clients list-role-users --client app --role reader -o name
shows '"resource" *: *"app"' keycloakctl clients get-installation-config --client app --provider-id keycloak-oidc-keycloak-json

keycloakctl clients create-protocol-mapper --client app --name team --protocol openid-connect \
    --protocol-mapper oidc-usermodel-attribute-mapper --set config.claim.name=team --set config.user.attribute=team
is team keycloakctl clients get-protocol-mapper --client app --mapper team -o csv --no-headers --fields name
shows '^team$' keycloakctl clients list-protocol-mappers --client app -o csv --no-headers --fields name
keycloakctl clients delete-protocol-mapper --client app --mapper team

# A form with a file.
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=app -keyout "$folder/key.pem" -out "$folder/cert.pem" -days 30 2>"$folder/openssl.log"
shows '"certificate"' keycloakctl clients upload-certificate --client app --attr jwt.credential -f "$folder/cert.pem" --form keystoreFormat="Certificate PEM" -o json

# --- Client scopes --------------------------------------------------------------------------------------------------------------------------

keycloakctl client-scopes create --name team --protocol openid-connect
keycloakctl client-scopes edit --client-scope team --description "The team of a user"
is "The team of a user" keycloakctl client-scopes get --client-scope team -o csv --no-headers --fields description
shows '^team$' keycloakctl client-scopes list -o csv --no-headers --fields name
keycloakctl clients add-default-client-scope --client app --client-scope team
shows '^team$' keycloakctl clients list-default-client-scopes --client app -o csv --no-headers --fields name
keycloakctl clients remove-default-client-scope --client app --client-scope team
keycloakctl client-scopes delete --client-scope team

# --- Organizations --------------------------------------------------------------------------------------------------------------------------

keycloakctl organizations create --name Umbrella --alias umbrella --set 'domains=[{name: umbrella.example}]'
is Umbrella keycloakctl organizations get --organization umbrella -o csv --no-headers --fields name
keycloakctl organizations add-user --organization Umbrella --user bob
is bob keycloakctl organizations list-members --organization umbrella -o csv --no-headers --fields username
is 1 keycloakctl organizations count-members --organization umbrella
keycloakctl organizations remove-user --organization umbrella --user bob
keycloakctl organizations delete --organization umbrella

# --- Identity providers, flows, texts, events -----------------------------------------------------------------------------------------------

keycloakctl identity-providers create --alias partner --provider-id oidc --set config.clientId=acme \
    --set config.authorizationUrl=https://partner.example.com/auth --set config.tokenUrl=https://partner.example.com/token
is partner keycloakctl identity-providers list -o csv --no-headers --fields alias
keycloakctl identity-providers edit --alias partner --display-name "The partner"
is "The partner" keycloakctl identity-providers get --alias partner -o csv --no-headers --fields displayName
keycloakctl identity-providers delete --alias partner

keycloakctl authentication copy-flow --flow browser --set newName=ours
shows '^ours$' keycloakctl authentication list-flows -o csv --no-headers --fields alias
is ours keycloakctl authentication get-flow --flow ours -o csv --no-headers --fields alias
shows '^Cookie$' keycloakctl authentication list-flow-executions --flow ours -o csv --no-headers --fields displayName
keycloakctl authentication delete-flow --flow ours
keycloakctl authentication edit-required-action --alias UPDATE_PASSWORD --name "New password"
is "New password" keycloakctl authentication get-required-action --alias UPDATE_PASSWORD -o csv --no-headers --fields name

keycloakctl localization update-text --locale de --key greeting --text "Grüß Gott"
is "Grüß Gott" keycloakctl localization get-text --locale de --key greeting

keycloakctl events edit-config --events-enabled --admin-events-enabled
is true keycloakctl events get-config -o csv --no-headers --fields eventsEnabled
keycloakctl users edit --user bob --last-name Baker
shows '^UPDATE$' keycloakctl events list-admin --operation-types UPDATE --resource-types USER -o csv --no-headers --fields operationType
keycloakctl events list
keycloakctl events clear-admin

keycloakctl attack-detection clear-all-login-failures
shows token keycloakctl initial-access create --count 1 --expiration 60 -o json
shows rsa-generated keycloakctl components list -o csv --no-headers --fields name
keycloakctl realms clear-cache
shows '"clientId": "app"' keycloakctl realms partial-export --export-clients=true -o json
shows systemInfo keycloakctl server get-info -o json

# --- Any other request ----------------------------------------------------------------------------------------------------------------------

is "$(printf 'alice\nbob')" keycloakctl raw GET "/admin/realms/$realm/users?max=2" -o name
fails 2 keycloakctl raw GET "/admin/realms/../../elsewhere"
fails 2 keycloakctl raw GET "//elsewhere.example/"
fails 2 keycloakctl raw GET "https://elsewhere.example/"

# --- A request that is shown and not sent ---------------------------------------------------------------------------------------------------

printf 'S3cret' | keycloakctl users reset-password --user alice --set-file value=- --dry-run >"$folder/shown"
grep -q "^PUT .*/users/$alice/reset-password$" "$folder/shown"
fails 1 grep -q S3cret "$folder/shown"
keycloakctl users delete --user bob --dry-run
is 3 keycloakctl users count
keycloakctl users delete --user bob
is 2 keycloakctl users count
keycloakctl clients delete --client app
keycloakctl realms delete
fails 3 keycloakctl realms get
