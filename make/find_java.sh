#!/usr/bin/env bash
# Prints the home of a Java 17 or 21, the ones Spark 4.1 runs on: JAVA_HOME, then the PATH, then the usual folders, 17 first.
# As root on Debian or Ubuntu a missing one is installed; elsewhere one sentence says what to do.
set -u

# Folders to look in; a test points them elsewhere.
JAVA_FOLDERS=${JAVA_FOLDERS:-/usr/lib/jvm /Library/Java/JavaVirtualMachines /opt/homebrew/opt /opt}

# Major version of the Java in a home, or nothing: 'openjdk version "17.0.15" 2025-04-15' -> 17
major() {
    "$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1
}

is_ours() {
    [ -x "$1/bin/java" ] || return 1
    case "$(major "$1")" in 17 | 21) return 0 ;; *) return 1 ;; esac
}

# The home of the java on the PATH; a shim that is no link into a home knows it itself.
home_on_path() {
    java=$(command -v java 2>/dev/null) || return 1
    java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.home = //p'
}

look() {
    for home in "${JAVA_HOME:-}" "$(home_on_path)"; do
        if [ -n "$home" ] && is_ours "$home"; then echo "$home"; return 0; fi
    done
    for wanted in 17 21; do
        for folder in $JAVA_FOLDERS; do
            for home in "$folder"/*/Contents/Home "$folder"/*; do
                if [ -x "$home/bin/java" ] && [ "$(major "$home")" = "$wanted" ]; then echo "$home"; return 0; fi
            done
        done
    done
    return 1
}

# What apt would install of the two, or nothing. Newer Debian has only 21.
apt_package() {
    for version in 17 21; do
        if apt-cache policy "openjdk-$version-jre-headless" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
            echo "openjdk-$version-jre-headless"
            return 0
        fi
    done
    return 1
}

install_java() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "No Java 17 or 21 found; installing one with apt-get ..." >&2
    apt-get update -qq >&2
    package=$(apt_package) || return 1
    mkdir -p /usr/share/man/man1  # the package's set-up fails in slim images, which leave the folder out
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
}

look && exit 0
install_java && look && exit 0
echo "kgspark needs Java 17 or 21 and found neither: install a JRE (Debian, Ubuntu: sudo apt-get install openjdk-17-jre-headless," \
    "or openjdk-21-jre-headless; macOS: brew install openjdk@17) or set JAVA_HOME." >&2
exit 2
