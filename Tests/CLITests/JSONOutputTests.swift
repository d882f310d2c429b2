import Foundation
import Glibc
import TestSupport
import Testing

/// `--format json`: every line keeps to the schema, and says what happened.
@Suite struct JSONOutputTests {
  @Test func aRunTellsOfEveryModuleAndFile() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      try box.write(WasmBinary.returning(1), to: "tree/copy \"1\"\u{1b}\u{7}é.wasm")
      try box.write(WasmBinary.emptyComponent, to: "tree/c.wasm")
      try box.write(WasmBinary.invalid, to: "tree/invalid.wasm")
      try box.write("(module)", to: "tree/text.wasm")
      try box.link("tree/loop", to: ".")
      let first = try box.tool("--format", "json", "--follow-links", "--backend", "winch", "tree", "missing").run()
      #expect(first.ending == .exited(1))
      #expect(first.errors == "")
      #expect(!first.output.utf8.contains { $0 < 0x20 && $0 != 0x0a || $0 == 0x7f })
      let lines = try MachineOutput(first.output, in: box)
      #expect(
        lines.types.filter { $0 != "module" } == [
          "start", "prepared", "warning", "error", "error", "planned", "summary",
        ])

      let prepared = try #require(lines.of("prepared").first)
      #expect(prepared["cache"] as? String == box.cache)
      #expect(prepared["library"] as? String == box.installedEngine)
      let engine = try #require((prepared["engines"] as? [[String: Any]])?.first?["engine"] as? String)
      #expect(box.engines == [engine])

      let modules = lines.of("module").sorted { ($0["size"] as? Int ?? 0) > ($1["size"] as? Int ?? 0) }
      #expect(modules.allSatisfy { $0["engine"] as? String == engine && $0["reason"] as? String == "new_module" })
      let compiled = modules.filter { $0["status"] as? String == "compiled" }
      #expect(compiled.count == 2)
      for module in compiled {
        let artifact = try #require(module["artifact"] as? String)
        #expect(FileManager.default.contents(atPath: artifact)?.count == module["artifact_size"] as? Int)
        let path = try #require((module["paths"] as? [String])?.first)
        #expect(try box.succeed("path", "--backend", "winch", "\(path)").output == artifact + "\n")
        #expect(try box.succeed("hash", "\(path)").output.hasPrefix(module["sha256"] as? String ?? "?"))
      }
      #expect(compiled.contains { $0["paths"] as? [String] == ["tree/a.wasm", "tree/copy \"1\"\u{1b}\u{7}é.wasm"] })
      #expect(compiled.contains { $0["kind"] as? String == "component" })
      let failed = try #require(modules.first { $0["status"] as? String == "failed" })
      #expect((failed["message"] as? String)?.hasPrefix("is not valid: ") == true)
      #expect(
        lines.of("error").contains {
          $0["path"] as? String == "tree/text.wasm"
            && $0["message"] as? String == "is WebAssembly text, not binary: convert it with `wat2wasm`"
        })

      let summary = try #require(lines.objects.last)
      #expect(summary["dry_run"] as? Bool == false)
      let expected = [
        "exit_status": 1, "modules": 3, "engines": 1, "missing": 3, "up_to_date": 0, "compiled": 2,
        "failed": 1, "not_begun": 0, "not_modules": 1, "unreadable": 1,
      ]
      #expect(expected.allSatisfy { summary[$0.key] as? Int == $0.value }, "\(summary)")

      let again = try box.tool("--format", "json", "--backend", "winch", "tree/a.wasm").run()
      #expect(again.ending == .exited(0))
      let known = try MachineOutput(again.output, in: box)
      #expect(known.types == ["start", "prepared", "planned", "module", "summary"])
      #expect(known.of("module").first?["status"] as? String == "up_to_date")
      #expect(known.objects.last?["up_to_date"] as? Int == 1)
    }
  }

  @Test func aModuleThatIsKnownForAnotherTargetIsNotNew() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.succeed("a.wasm")
      let both = try box.succeed("--format", "json", "--backend", "winch", "--backend", "pulley", "-n", "a.wasm")
      let reasons = try MachineOutput(both.output, in: box).of("module").map { $0["reason"] as? String }
      #expect(reasons == ["new_target", "new_target"])
      try box.succeed("--backend", "winch", "a.wasm")
      let stats = try MachineOutput(box.succeed("cache", "stats", "--format", "json").output, in: box)
      let misses = try #require(stats.of("statistics").first?["misses"] as? [String: Int])
      #expect(misses.filter { $0.value > 0 } == ["new_module": 1, "new_target": 1])
    }
  }

  @Test func whatIsOneWordForPeopleIsOneObject() throws {
    try Sandbox.use { box in
      let directory = try MachineOutput(box.succeed("cache", "dir", "--format", "json").output, in: box)
      #expect(directory.of("cache").map { $0["path"] as? String } == [box.cache])
      let word = try box.succeed("cache", "key").outputLines
      let key = try MachineOutput(box.succeed("cache", "key", "--format", "json").output, in: box)
      #expect(key.of("key").map { $0["key"] as? String } == word)
      let failed = try box.tool("cache", "key", "--format", "json", "--engine", "absent").run()
      #expect(failed.ending == .exited(69))
      #expect(try MachineOutput(failed.output, last: "failure", in: box).types == ["start", "failure"])
      let names = try box.succeed("engines", "--processors").outputLines.map { $0.prefix { $0 != " " } }.map(
        String.init)
      let all = try MachineOutput(box.succeed("engines", "--processors", "--format", "json").output, in: box)
      #expect(all.of("processor").map { $0["name"] as? String } == names)
      #expect(all.of("processor").first?["features"] is NSNull)
    }
  }

  /// What is wrong with settings is an object behind the first one, and nothing beside the objects.
  @Test func warningsAboutSettingsAreObjects() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      try box.write("engine = 'x'\n", to: ".wasmprecompile.toml")
      var command = box.tool("cache", "list", "--format", "json")
      command.environment["WASMPRECOMPILE_JOB"] = "3"
      let list = try command.run()
      #expect(list.errors == "")
      let lines = try MachineOutput(list.output, in: box)
      #expect(lines.types == ["start", "warning", "warning", "summary"])
      let messages = lines.of("warning").compactMap { $0["message"] as? String }
      #expect(messages.first == "WASMPRECOMPILE_JOB is no setting: did you mean WASMPRECOMPILE_JOBS?")
      #expect(
        messages.last?.hasPrefix("\(box.work)/.wasmprecompile.toml:1: engine may not be set by a project") == true)
      command = box.tool("--format", "json", "a.wasm")
      command.environment["WASMPRECOMPILE_JOB"] = "3"
      let run = try command.run()
      #expect(run.ending == .exited(64))
      let failed = try MachineOutput(run.output, last: "failure", in: box)
      #expect(failed.types == ["start", "failure"])
      try box.remove(".wasmprecompile.toml")
      try box.write("jobs = 1\n", to: ".wasmprecompile.toml")
      chmod(box.work + "/.wasmprecompile.toml", 0o666)
      let untrusted = try box.succeed("--format", "json", "-n", "a.wasm")
      #expect(untrusted.errors == "")
      let warning = try MachineOutput(untrusted.output, in: box).objects[1]
      #expect(warning["path"] as? String == box.work + "/.wasmprecompile.toml")
      #expect(warning["message"] as? String == "not used: other users may write to it: `chmod go-w` it")
    }
  }

  /// Standard output is the program's, and so is what it is given.
  @Test func aProgramsArgumentsAskForNoObjects() throws {
    try Sandbox.use { box in
      let run = try box.tool("run", "absent.wasm", "--format", "json").run()
      #expect(run.output == "")
      #expect(run.errors == "absent.wasm: error: cannot open: no such file or directory, check the spelling\n")
    }
  }

  @Test func pathsThatAreNotUTF8AreHexadecimal() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "module")
      let name = Array("\u{e9}".utf8) + [0xff] + Array(".wasm".utf8)
      try box.rename("module", to: name)
      let run = try box.succeed("--format", "json", "-n", ".")
      let lines = try MachineOutput(run.output, in: box)
      let module = try #require(lines.of("module").first)
      #expect(module["paths"] as? [[String: String]] == [["hex": "2e2fc3a9ff2e7761736d"]])
      #expect(module["status"] as? String == "would_compile")
      #expect(module["artifact"] == nil)
      #expect(lines.objects.last?["dry_run"] as? Bool == true)
      #expect(run.errors == "")
    }
  }

  @Test func exportsAreTold() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "m/a.wasm")
      try box.write(WasmBinary.returning(2), to: "m/b.wasm")
      let first = try MachineOutput(box.succeed("--format", "json", "--output", "out", "m").output, in: box)
      #expect(first.of("export").map { $0["path"] as? String } == ["out/a.cwasm", "out/b.cwasm"])
      #expect(first.of("export").allSatisfy { $0["status"] as? String == "written" })
      try box.remove("m/b.wasm")
      let second = try box.tool("--format", "json", "--output", "out", "--stamp", "no/stamp", "m").run()
      #expect(second.ending == .exited(73))
      let lines = try MachineOutput(second.output, in: box)
      #expect(lines.of("export").map { $0["status"] as? String } == ["removed"])
      #expect(lines.of("error").first?["path"] as? String == "no/stamp")
      #expect(lines.objects.last?["exit_status"] as? Int == 73)
    }
  }

  @Test func whatWasNotBegunIsTold() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.write([], to: "empty.wasm")
      let run = try box.tool("--format", "json", "--fail-fast", ".").run()
      #expect(run.ending == .exited(1))
      let lines = try MachineOutput(run.output, in: box)
      #expect(lines.of("module").map { $0["status"] as? String } == ["not_begun"])
      #expect(lines.objects.last?["not_begun"] as? Int == 1)
    }
  }

  @Test func aRunThatCannotBeDoneEndsWithItsFailure() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let run = try box.tool("--format", "json", "--engine", "missing.so", "one.wasm").run()
      #expect(run.ending == .exited(69))
      let lines = try MachineOutput(run.output, last: "failure", in: box)
      #expect(lines.types == ["start", "failure"])
      let message = try #require(lines.objects.last?["message"] as? String)
      #expect(message.hasPrefix("no engine found, looked for\n  missing.so (--engine)"))
      #expect(run.errors == "wasmprecompile: error: \(message)\n")
      #expect(lines.objects.last?["exit_status"] as? Int == 69)
    }
  }

  @Test func aWatcherTellsOfEveryChange() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/one.wasm")
      try box.succeed("--backend", "winch", "tree")
      let watch = try box.tool(
        "--watch", "--format", "json", "--backend", "winch", "--exec", "exit 3", "tree"
      ).start()
      #expect(
        eventually { watch.outputSoFar.contains(#"{"type":"ready","modules":1}"# + "\n") }, "\(watch.outputSoFar)")
      try box.write(WasmBinary.returning(2), to: "source")
      #expect(try box.command("mv", ["source", "tree/two.wasm"]).run().ending == .exited(0))
      #expect(eventually { watch.outputSoFar.contains(#""change":"moved_in""#) })
      #expect(eventually { watch.outputSoFar.contains(#"{"type":"command","status":3,"#) })
      try box.write("(module)", to: "tree/text.wasm")
      #expect(eventually { watch.outputSoFar.contains(#"{"type":"error","path":"tree/text.wasm""#) })
      try box.remove("tree/two.wasm")
      #expect(eventually { watch.outputSoFar.contains(#"{"type":"removed","path":"tree/two.wasm"}"#) })
      // It was that at the start, and is that again.
      try box.write(WasmBinary.returning(1), to: "tree/text.wasm")
      #expect(eventually { watch.outputSoFar.contains(#""status":"up_to_date","paths":["tree/text.wasm"]"#) })
      try box.write(WasmBinary.returning(1), to: "tree/text.wasm")
      #expect(eventually { watch.outputSoFar.contains(#"{"type":"unchanged","path":"tree/text.wasm"}"#) })
      watch.send(SIGTERM)
      let result = watch.wait()
      #expect(result.ending == .signalled(SIGTERM))
      #expect(result.errors == "")
      let lines = try MachineOutput(result.output, in: box)
      #expect(
        lines.types.filter { $0 != "command" } == [
          "start", "prepared", "module", "ready", "module", "error", "removed", "module", "unchanged", "summary",
        ])
      let found = try #require(lines.of("module").first)
      #expect(found["status"] as? String == "up_to_date")
      #expect(found["change"] is NSNull)
      let module = lines.of("module")[1]
      #expect(module["paths"] as? [String] == ["tree/two.wasm"])
      #expect((module["waited_nanoseconds"] as? Int ?? 0) > 0)
      let mended = lines.of("module")[2]
      #expect(mended["change"] as? String == "written")
      #expect(mended["artifact"] as? String == found["artifact"] as? String)
      #expect(lines.objects.last?["compiled"] as? Int == 1)
    }
  }

  /// What the other tests lean on.
  @Test(arguments: [
    #"{"type":"start","schema":1,"command":"precompile"}"#,
    #"{"type":"start","schema":2,"command":"watch","version":""}"#,
    #"{"type":"removed","path":"a","more":1}"#, #"{"type":"unknown"}"#, #"{"type":"removed","path":{"hex":"2F"}}"#,
    #"{"type":"summary","compiled":1,"exit_status":0}"#, #"{"type":"ready","modules":-1}"#,
  ]) func theValidatorRefuses(_ line: String) throws {
    try Sandbox.use { box in
      try box.write(line + "\n", to: "line.json")
      let result = try MachineOutput.validator("line.json", in: box).run()
      #expect(result.ending == .exited(1))
      #expect(result.output.hasPrefix(#"{"type": "#), "\(result.errors)")
    }
  }

  /// A member that nobody describes is of no use.
  @Test func theManualNamesEveryTypeAndMember() throws {
    let data = try #require(FileManager.default.contents(atPath: MachineOutput.schema))
    let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    // What only one command prints is in that command's page.
    let pages = try ManualPage.all().filter { $0.name == "wasmprecompile-json" || $0.text.contains("\n.Sh JSON\n") }
    let described = Set(
      pages.flatMap(\.text.lines).filter { $0.hasPrefix(".It Cm ") }.flatMap {
        $0.dropFirst(7).components(separatedBy: " , ")
      })
    for (type, definition) in definitions {
      guard let members = definition["properties"] as? [String: Any], let fixed = members["type"] else { continue }
      #expect(described.contains((fixed as? [String: String])?["const"] ?? "?"), "\(type)")
      for member in members.keys where member != "type" { #expect(described.contains(member), "\(type).\(member)") }
    }
  }
}
