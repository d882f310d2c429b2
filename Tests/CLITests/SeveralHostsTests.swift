import TestSupport
import Testing

/// One run for several hosts, which have engines of several releases.
@Suite struct SeveralHostsTests {
  /// What the cache's directories are of, without identities.
  private func kinds(_ box: Sandbox) -> [String] {
    box.engines.map { $0.split(separator: "-").dropLast().joined(separator: "-") }
  }

  private func describeHosts(in box: Sandbox) throws {
    try box.write(
      """
      [host.new]
      wasm = ["epoch-interruption"]

      [host.same]
      wasm = "epoch-interruption=y,fuel=n"

      [host.plain]

      [host.old]
      engine = "\(try EngineRelease(version: "48.0.0").library())"
      wasm = ["epoch-interruption"]

      """, to: "../home/.config/wasmprecompile/config.toml")
  }

  @Test func eachHostHasItsArtifact() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      let hosts: [Argument] = ["--host", "new", "--host", "plain", "--host", "old", "--host", "same"]
      let run = try box.succeed(hosts + ["."])
      #expect(
        run.errorLines.last?.masked == "3 modules with 3 targets: 9 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(kinds(box) == ["cranelift-48", "cranelift-50", "cranelift-50"])
      for engine in box.engines { #expect(box.entries(engine).count == 3) }
      let again = try box.succeed("--host", "old", "--host", "same", "--host", "plain", ".")
      #expect(again.errorLines.last?.masked == "3 modules with 3 targets: nothing to compile, all up to date (TIME)")
    }
  }

  /// A compiler's account of itself is one message, which has no room for so many.
  @Test func thereMayBeAnyNumberOfHosts() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let numbers = 1...70
      try box.write(
        numbers.map { "[host.h\($0)]\noptimize = ['memory-reservation=\($0 << 16)']\n" }.joined(),
        to: "../home/.config/wasmprecompile/config.toml")
      let hosts: [Argument] = numbers.flatMap { ["--host", "h\($0)"] }
      let run = try box.succeed(hosts + ["a.wasm"])
      #expect(
        run.errorLines.last?.masked == "1 module with 70 targets: 70 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(box.engines.count == 70)
      let others: [Argument] = numbers.reversed().flatMap { ["--host", "h\($0)"] }
      let again = try box.succeed(others + ["a.wasm"])
      #expect(again.errorLines.last?.masked == "1 module with 70 targets: nothing to compile, all up to date (TIME)")
      #expect(try box.succeed(["cache", "key"] + hosts).outputLines.count == 1)
    }
  }

  @Test func hostsThatLoadTheSameHaveOneArtifactTogether() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let run = try box.succeed("--host", "new", "--host", "same", "a.wasm")
      #expect(run.errorLines.last?.masked == "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(kinds(box) == ["cranelift-50"])
    }
  }

  @Test func aCompilerIsNamedWhereThereAreSeveral() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let run = try box.succeed("-j", "1", "--host", "old", "--host", "new", "a.wasm")
      #expect(
        run.errors.masked == """
          compiled a.wasm with cranelift, epoch-interruption (wasmtime 48), SIZE → SIZE, TIME
          compiled a.wasm with cranelift, epoch-interruption (wasmtime 50), SIZE → SIZE, TIME
          1 module with 2 targets: 2 compiled, 0 up to date (SIZE → SIZE in TIME)

          """)
    }
  }

  /// Each artifact in its own host, and in no other.
  @Test func whatWasMadeLoads() throws {
    try Sandbox.use { box in
      try describeHosts(in: box)
      try box.write(WasmBinary.returning(7), to: "a.wasm")
      func verdict(_ host: String, _ artifact: String) throws -> Bool {
        let output = try box.succeed("inspect", "--format", "json", "--host", .init(host), "\(artifact)").output
        let verdicts = try MachineOutput(output, in: box).of("inspected").first?["verdicts"] as? [[String: Any]]
        #expect(verdicts?.first?["host"] as? String == host)
        return try #require(verdicts?.first?["loads"] as? Bool)
      }
      let names = ["new", "plain", "old"]
      let paths = try names.map {
        try #require(try box.succeed("path", "--compile", "--host", .init($0), "a.wasm").outputLines.first)
      }
      for (made, path) in zip(names, paths) {
        for host in names { #expect(try verdict(host, path) == (made == host), "\(made) in \(host)") }
      }
      let run = try box.succeed("run", "--host", "new", "--invoke", "value", "a.wasm")
      #expect(run.output == "7\n")
    }
  }

  @Test func engineConfigurationsAndSamplesAreHosts() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.write("[wasm]\nfuel = 1\n", to: "fuel.toml")
      try box.write("[optimize]\nmemory-reservation = 0\n", to: "small.toml")
      // With the least features, a sample tells of an engine that has no more.
      let all: [Argument] = ["--features", "all"]
      let files = all + ["--engine-config", "fuel.toml", "--engine-config", "small.toml"]
      try box.succeed(files + ["a.wasm"])
      #expect(box.engines.count == 2)
      let samples = try box.succeed(["path"] + files + ["a.wasm"]).outputLines
      #expect(samples.count == 2)
      let like = samples.flatMap { ["--like", Argument($0)] as [Argument] }
      let again = try box.succeed(all + like + ["a.wasm"])
      #expect(again.errorLines.last?.masked == "1 module with 2 targets: nothing to compile, all up to date (TIME)")
      #expect(box.engines.count == 2)
    }
  }

  @Test func featuresAreFiledApart() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed("a.wasm")
      try box.succeed("--features", "all", "a.wasm")
      #expect(kinds(box) == ["cranelift-50", "cranelift-50"])
      let paths = try (["least", "all"] as [Argument]).flatMap {
        try box.succeed("path", "--features", $0, "a.wasm").outputLines
      }
      #expect(Set(paths).count == 2)
      let features = try paths.map { path in
        let output = try box.succeed("inspect", "--format", "json", "\(path)").output
        return Set(try #require(try MachineOutput(output, in: box).of("inspected").first?["features"] as? [String]))
      }
      #expect(features[0].isStrictSubset(of: features[1]) && !features[0].contains("gc") && features[1].contains("gc"))
      #expect(
        try PythonClient(release: .standard).load(paths.map { .init(use: "value", path: $0) }, in: box) == ["1", "1"])
    }
  }
}
