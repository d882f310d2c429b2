// swift-tools-version: 6.1
import PackageDescription

// A program that has the artifacts of its modules among its resources. Bring a module first:
//   cp ../build/gcd.wasm Sources/Host/ && swift run
let package = Package(
  name: "host",
  dependencies: [.package(name: "wasmprecompile", path: "../..")],
  targets: [
    .executableTarget(
      name: "Host", plugins: [.plugin(name: "PrecompilePlugin", package: "wasmprecompile")])
  ]
)
