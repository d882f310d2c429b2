// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "plugin-host",
  dependencies: [
    // Another project names the repository: .package(url: "…/wasmprecompile", from: "0.1.0").
    .package(name: "wasmprecompile", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "plugin-host",
      dependencies: [
        .product(name: "WasmCache", package: "wasmprecompile")
      ], path: "Sources")
  ]
)
