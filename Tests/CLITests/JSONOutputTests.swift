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
