# The functions of both scripts. KCADM is the path of kcadm.sh, and DEMO_REALM the realm of the rows.

# The start of Java is most of the time of kcadm.sh, so it compiles little.
export KC_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

kcadm.sh() {
    case " $* " in
    *" --no-config "* | *" --config "*) bash "$KCADM" "$@" ;;
    *) bash "$KCADM" "$@" --config "$PWD/kcadm.config" ;;
    esac
}

# Prints a part of the realm as JSON, or nothing if it is not there (exit code 3). Any other failure is one of the row.
part() {
    KEYCLOAKCTL_SERVER=$KEYCLOAK_URL KEYCLOAKCTL_USERNAME=admin KEYCLOAKCTL_PASSWORD=admin KEYCLOAKCTL_REALM=$DEMO_REALM \
        keycloakctl "$@" -o json 2>>"$row.err" || [ $? -eq 3 ] || echo "$row" >>failed
}

# Prints what the rows change.
state() {
    part realms partial-export --export-clients --export-groups-and-roles
    part events get-config
    part users list --all --brief-representation=false
    part users get-role-mappings --user testuser
    part users list-groups --user testuser
    part users list-credentials --user testuser
    part users list-sessions --user alice
    part clients get-secret --client test-client
    part groups get-role-mappings --group /Group
}
