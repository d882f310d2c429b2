// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// What the tests run with seeds, `make fuzz` has built as a program around libFuzzer, which needs flags of its own.
let isFuzzing = Context.environment["WASMPRECOMPILE_FUZZING"] != nil
let fuzzed: [Target.Dependency] = [
  "CatalogSamples", "Commands", "Exporting", "Inspecting", "LinuxIO", "Precompiler", "TestSupport", "WasmCache",
  "WasmEngine", "WasmtimeToolchain", system,
]

// `make build` names the commit. (Rejected: SwiftPM's own `Context.gitInformation`, which would link every test anew after
// each commit.)
let commit = Context.environment["WASMPRECOMPILE_COMMIT"] ?? "unknown"

let package = Package(
  name: "wasmprecompile",
  products: [
    .executable(name: "wasmprecompile", targets: ["wasmprecompile"]),
    .executable(name: "wasmprecompile-worker", targets: ["wasmprecompile-worker"]),
    .library(name: "WasmCache", targets: ["WasmCache", "WasmEngine"]),
    .plugin(name: "PrecompilePlugin", targets: ["PrecompilePlugin"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
  ],
  targets: [
    .target(name: "CWasmtime", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CLinux"),
    .target(name: "CBuild", cSettings: [.define("WASMPRECOMPILE_COMMIT", to: "\"\(commit)\"")]),
    .target(name: "LinuxIO", dependencies: ["CLinux", system], swiftSettings: strict),
    .target(name: "RemoteProtocol", dependencies: ["LinuxIO"], swiftSettings: strict),
    .systemLibrary(name: "CSeccomp", providers: [.apt(["libseccomp-dev"])]),
    .target(name: "Confinement", dependencies: ["CSeccomp", "CLinux", "LinuxIO"], swiftSettings: strict),
    .target(name: "WasmEngine", dependencies: ["CWasmtime", "LinuxIO", crypto, system], swiftSettings: strict),
    .target(name: "RemoteWorker", dependencies: ["WasmEngine", "LinuxIO", system], swiftSettings: strict),
    .executableTarget(
      name: "wasmprecompile-worker", dependencies: ["RemoteWorker"], swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "WasmCache", dependencies: ["CSQLite", "WasmEngine", "LinuxIO", "CLinux", crypto, system],
      swiftSettings: strict),
    .target(name: "Scanning", dependencies: ["LinuxIO", "CLinux", system], swiftSettings: strict),
    .target(
      name: "Precompiler",
      dependencies: ["Scanning", "WasmCache", "WasmEngine", "LinuxIO", "CLinux", crypto, system],
      swiftSettings: strict),
    .target(
      name: "RemoteCache",
      dependencies: ["RemoteProtocol", "Precompiler", "WasmCache", "LinuxIO", system], swiftSettings: strict),
    .target(
      name: "WasmtimeToolchain",
      dependencies: [
        "Precompiler", "WasmCache", "WasmEngine", "RemoteWorker", "Confinement", "LinuxIO", "CLinux", system,
      ],
      swiftSettings: strict),
    .target(
      name: "ProgramToolchain",
      dependencies: ["Precompiler", "WasmCache", "WasmEngine", "Confinement", "LinuxIO", "CLinux", crypto, system],
      swiftSettings: strict),
    .target(
      name: "Exporting", dependencies: ["WasmCache", "WasmEngine", "LinuxIO", system], swiftSettings: strict),
    .target(name: "Inspecting", dependencies: ["WasmEngine"], swiftSettings: strict),
    .target(name: "CInotifyTools", linkerSettings: [.linkedLibrary("dl")]),
    .target(
      name: "Watching", dependencies: ["CInotifyTools", "LinuxIO", "Scanning", system], swiftSettings: strict),
    .target(
      name: "Commands",
      dependencies: [
        "Inspecting", "Precompiler", "WasmtimeToolchain", "ProgramToolchain", "RemoteCache", "RemoteProtocol",
        "Scanning",
        "Exporting", "Watching", "WasmCache", "WasmEngine", "Confinement", "LinuxIO", "CLinux", system, arguments,
      ],
      // Beside the code that has to keep to it; nothing of the program reads it.
      exclude: ["Reporting/JSON/output.schema.json"],
      swiftSettings: strict),
    .executableTarget(
      name: "wasmprecompile", dependencies: ["Commands", "CBuild"], swiftSettings: strict,
      // The system's linker warns of a call in the statically linked FoundationEssentials that nothing of ours makes.
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
    .plugin(name: "PrecompilePlugin", capability: .buildTool(), path: "Sources/PrecompilePlugin"),

    .target(
      name: "TestSupport", dependencies: ["LinuxIO", system], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "LinuxIOTests", dependencies: ["LinuxIO", "TestSupport", system], swiftSettings: strict),
    .testTarget(name: "RemoteProtocolTests", dependencies: ["RemoteProtocol"], swiftSettings: strict),
    .testTarget(
      name: "WasmEngineTests", dependencies: ["WasmEngine", "CWasmtime", "LinuxIO", "TestSupport", system],
      swiftSettings: strict),
    .target(
      name: "CatalogSamples", dependencies: ["WasmCache", "WasmEngine", "LinuxIO", system],
      path: "Tests/CatalogSamples", swiftSettings: strict),
    .executableTarget(
      name: "CatalogTestHelper",
      dependencies: ["CatalogSamples", "WasmCache", "WasmEngine", "CSQLite", "LinuxIO", "TestSupport", system],
      path: "Tests/CatalogTestHelper", swiftSettings: strict),
    .testTarget(
      name: "WasmCacheTests",
      dependencies: [
        "WasmCache", "WasmEngine", "LinuxIO", "CSQLite", "CatalogSamples", "CatalogTestHelper", "TestSupport", system,
      ], swiftSettings: strict),
    .testTarget(
      name: "ScanningTests", dependencies: ["Scanning", "LinuxIO", "TestSupport", system], swiftSettings: strict),
    // A compiler without a process, and what sees what a run does.
    .target(
      name: "PrecompilerTestSupport",
      dependencies: ["Precompiler", "Scanning", "WasmCache", "WasmEngine", "LinuxIO", system],
      path: "Tests/PrecompilerTestSupport", swiftSettings: strict),
    .testTarget(
      name: "PrecompilerTests",
      dependencies: [
        "PrecompilerTestSupport", "Precompiler", "Scanning", "WasmCache", "WasmEngine", "LinuxIO", "TestSupport",
        system,
      ],
      swiftSettings: strict),
    // Speaks as the helper for other machines does, with a directory for a server.
    .executableTarget(
      name: "RemoteTestHelper", dependencies: ["RemoteProtocol", "LinuxIO", crypto, system],
      path: "Tests/RemoteTestHelper", swiftSettings: strict),
    .testTarget(
      name: "RemoteCacheTests",
      dependencies: [
        "RemoteCache", "RemoteProtocol", "RemoteTestHelper", "Precompiler", "WasmCache", "WasmEngine", "LinuxIO",
        "TestSupport", system,
      ], swiftSettings: strict),
    .testTarget(
      name: "RemoteWorkerTests",
      dependencies: ["RemoteWorker", "WasmEngine", "LinuxIO", "TestSupport", system], swiftSettings: strict),
    .testTarget(
      name: "WasmtimeToolchainTests",
      dependencies: [
        "PrecompilerTestSupport", "WasmtimeToolchain", "Precompiler", "WasmCache", "WasmEngine", "Confinement",
        "LinuxIO",
        "TestSupport", system,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ProgramToolchainTests",
      dependencies: [
        "PrecompilerTestSupport", "ProgramToolchain", "Precompiler", "WasmCache", "WasmEngine", "Confinement",
        "LinuxIO",
        "TestSupport", system,
      ], swiftSettings: strict),
    .testTarget(
      name: "ExportingTests",
      dependencies: ["Exporting", "WasmCache", "WasmEngine", "LinuxIO", "TestSupport", system], swiftSettings: strict),
    .testTarget(
      name: "InspectingTests", dependencies: ["Inspecting", "WasmEngine", "LinuxIO", "TestSupport", system],
      swiftSettings: strict),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "PrecompilerTestSupport", "Commands", "Precompiler", "WasmtimeToolchain", "ProgramToolchain", "Exporting",
        "Scanning", "WasmCache",
        "WasmEngine", "Confinement", "LinuxIO", "TestSupport", system, arguments,
      ], swiftSettings: strict),
    .target(name: "CWatchingTests", path: "Tests/CWatchingTests"),
    .testTarget(
      name: "WatchingTests",
      dependencies: ["Watching", "CWatchingTests", "CLinux", "LinuxIO", "Scanning", "TestSupport", system],
      swiftSettings: strict),
    // The tutorial's program, which the tests run. (The other example is a package of its own, which they build.)
    .executableTarget(
      name: "first-module", dependencies: ["WasmCache"], path: "Examples/first-module", swiftSettings: strict),
    .testTarget(
      name: "CLITests",
      dependencies: [
        "wasmprecompile", "wasmprecompile-worker", "first-module", "RemoteTestHelper", "LinuxIO", "RemoteProtocol",
        "TestSupport", crypto, system,
      ],
      swiftSettings: strict),
    isFuzzing
      ? .executableTarget(
        name: "fuzz", dependencies: fuzzed, path: "Tests/FuzzTests", exclude: ["Seeds", "SeedTests.swift"],
        swiftSettings: strict, linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
      : .testTarget(
        name: "FuzzTests", dependencies: fuzzed, exclude: ["Seeds", "Fuzzer"], swiftSettings: strict),
  ]
)
