#!/usr/bin/env bash
# Fetches gRPC's own interop programs into build/interop and its benchmark worker into
# build/bench, and builds the chat programs on their jars into build/chat: lib, classes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

grpc=1.79.0 # the newest whose interop programs Maven Central has for us
protoc=4.31.1 # that of its protobuf-java

newer() { [[ -n $(find build.sh src ../../proto/chat -newer "$1" -print -quit 2>/dev/null) ]]; }
if [[ -e build/done ]] && ! newer build/done; then
    exit
fi

fetch() {
    local log
    log=$(mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        "-Dartifact=$1" "-DoutputDirectory=$PWD/build" 2>&1) || { echo "$log" >&2; exit 1; }
}

if [[ ! -e build/interop/lib/grpc-core-$grpc.jar ]]; then
    rm -rf build
    fetch "io.grpc:grpc-interop-testing:$grpc:zip"
    fetch "com.google.protobuf:protoc:$protoc:exe:linux-x86_64"
    fetch "io.grpc:protoc-gen-grpc-java:$grpc:exe:linux-x86_64"
    (cd build && jar xf "grpc-interop-testing-$grpc.zip") # the JDK's unzip, but for modes
    rm "build/grpc-interop-testing-$grpc.zip"
    chmod +x build/*.exe "build/grpc-interop-testing-$grpc"/bin/*
    mv "build/grpc-interop-testing-$grpc" build/interop
fi

# gRPC's own benchmark worker has no distribution: its jar, and those that it names.
if [[ ! -e build/bench/grpc-benchmarks-$grpc.jar ]]; then
    rm -rf build/bench
    cat >build/bench.xml <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>quartet</groupId><artifactId>bench</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>io.grpc</groupId><artifactId>grpc-benchmarks</artifactId><version>$grpc</version>
  </dependency></dependencies>
</project>
END
    mvn -B -q -f build/bench.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
        -DincludeScope=runtime "-DoutputDirectory=$PWD/build/bench" >build/bench.log 2>&1 || { cat build/bench.log >&2; exit 1; }
fi

rm -rf build/chat
mkdir -p build/chat/{lib,generated,classes}
# What a chat program would name as its dependencies, with what these depend on.
for jar in grpc-{netty-shaded,stub,protobuf,protobuf-lite,core,util,api,context}-$grpc \
    protobuf-java-$protoc proto-google-common-protos guava failureaccess gson perfmark-api; do
    ln build/interop/lib/$jar*.jar build/chat/lib/
done
"build/protoc-$protoc-linux-x86_64.exe" --proto_path=../../proto \
    "--plugin=protoc-gen-grpc-java=build/protoc-gen-grpc-java-$grpc-linux-x86_64.exe" \
    --java_out=build/chat/generated --grpc-java_out=build/chat/generated chat/chat.proto
find build/chat/generated -name '*.java' -print0 |
    xargs -0 javac -nowarn -d build/chat/classes -cp 'build/chat/lib/*' src/*.java
touch build/done
