// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let grpc = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let grpcTransport = Target.Dependency.product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")

// A package of its own, so that who needs no remote cache builds no gRPC. What it has in common with the tool is there by
// symbolic links: a package that depends on the tool's could only import its library, and would build all of it.
let package = Package(
  name: "remote",
  products: [.executable(name: "wasmprecompile-remote", targets: ["wasmprecompile-remote"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", exact: "2.4.1"),
  ],
  targets: [
    .target(name: "CLinux"),
    .systemLibrary(name: "CSeccomp", providers: [.apt(["libseccomp-dev"])]),
    .target(name: "LinuxIO", dependencies: ["CLinux", system], swiftSettings: strict),
    .target(name: "RemoteProtocol", dependencies: ["LinuxIO"], swiftSettings: strict),
    .target(
      name: "RemoteClient",
      dependencies: [
        "CSeccomp", "CLinux", "LinuxIO", "RemoteProtocol", crypto, nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL,
        protobuf,
        system, grpc, grpcProtobuf, grpcTransport,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "wasmprecompile-remote", dependencies: ["RemoteClient"], swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
    .target(name: "TestSupport", dependencies: ["LinuxIO", system], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "RemoteClientTests",
      dependencies: [
        "RemoteClient", "wasmprecompile-remote", "RemoteProtocol", "LinuxIO", "CLinux", "TestSupport", crypto, protobuf,
        system,
        grpc,
        grpcProtobuf, grpcTransport,
      ], swiftSettings: strict),
  ]
)
