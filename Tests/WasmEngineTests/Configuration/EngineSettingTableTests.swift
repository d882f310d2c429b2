import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import WasmEngine

/// The table of settings against the libraries that it speaks of.
struct EngineSettingTableTests {
  @Test func eachNameIsThereOnce() {
    let names = EngineSetting.all.map(\.name)
    #expect(Set(names).count == names.count)
    for setting in EngineSetting.all {
      #expect(EngineSetting.named(setting.name) == setting)
      #expect(!setting.name.isEmpty && setting.name.utf8.allSatisfy { $0 != UInt8(ascii: "_") })
    }
    #expect(EngineSetting.named("cranelift-x")?.isCraneliftFlag == true)
    #expect(EngineSetting.named("cranelift-debug-verifier")?.isCraneliftFlag == false)
  }

  @Test func otherNamesLeadToSettingsOfTheSameForm() throws {
    for setting in EngineSetting.all {
      guard case .means(let name, _) = setting.effect else { continue }
      let other = try #require(EngineSetting.named(name), "\(setting.name)")
      #expect(other.form == setting.form && other.group == setting.group)
      guard case .decides = other.effect else {
        Issue.record("\(setting.name) means \(name), which decides nothing")
        continue
      }
    }
  }

  @Test func whatOnlyRustHostsCanChooseHasAValueOfItsForm() {
    for setting in EngineSetting.all {
      switch setting.effect {
      case .rustOnly(let standard), .forbidsGC(let standard):
        #expect(setting.canonical(standard) == standard, "\(setting.name)")
      default: break
      }
    }
  }

  /// A release has the function exactly if the table says so, and no two ways to set a thing at once.
  @Test(arguments: EngineUnderTest.versions) func eachReleaseHasTheFunctionsThatItShouldHave(_ version: String) throws {
    let library = try #require(
      EngineUnderTest.library(version).withPlatformString { dlopen($0, RTLD_NOW | RTLD_LOCAL) })
    let major = try #require(Int(version.prefix { $0 != "." }))
    for setting in EngineSetting.all {
      guard case .decides(let accesses) = setting.effect else { continue }
      for access in accesses {
        let isThere = access.since <= major && major <= access.until ?? .max
        for function in access.functions {
          #expect((dlsym(library, function) != nil) == isThere, "\(setting.name): \(function)")
        }
      }
      let usable = accesses.filter { $0.since <= major && major <= $0.until ?? .max }
      #expect(usable.count <= 1, "\(setting.name)")
    }
  }

  /// What the library can be told about code, and the table does not know.
  @Test func theNewestReleaseHasNoSettingThatIsNotKnown() throws {
    let path = try EngineUnderTest.library()
    let exported = try Tool.shell(
      "nm -D --defined-only \"$1\" | sed -n 's/.* T \\(wasmtime_config_.*_set\\)$/\\1/p'", [path.string]
    )
    .split(separator: "\n").map(String.init)
    let known = EngineSetting.all.flatMap { setting -> [String] in
      if case .decides(let accesses) = setting.effect { accesses.flatMap(\.functions) } else { [] }
    }
    // What is no setting of the table: values of their own here, and what leaves no trace in artifacts.
    let others: Set<String> = [
      "wasmtime_config_strategy_set", "wasmtime_config_target_set", "wasmtime_config_cranelift_opt_level_set",
      "wasmtime_config_cranelift_flag_set", "wasmtime_config_parallel_compilation_set",
      "wasmtime_config_profiler_set", "wasmtime_config_max_wasm_stack_set", "wasmtime_config_async_stack_size_set",
      "wasmtime_config_async_support_set", "wasmtime_config_host_memory_creator_set",
      "wasmtime_config_host_stack_creator_set", "wasmtime_config_pooling_allocation_strategy_set",
      "wasmtime_config_shared_memory_set", "wasmtime_config_macos_use_mach_ports_set",
    ]
    #expect(exported.count > 40)
    #expect(Set(exported).subtracting(known).subtracting(others) == [])
  }

  @Test func helpNamesEverySettingOfItsGroup() {
    for group in EngineSetting.Group.allCases {
      let lines = EngineSetting.help(of: group).split(separator: "\n")
      #expect(lines.first == "Settings of -\(group.letter):")
      #expect(lines.count - 1 == EngineSetting.all.count { $0.group == group })
    }
    let wasm = EngineSetting.help(of: .wasm).replacing(#/  +/#, with: "  ")
    #expect(wasm.contains("\n  threads  y or n\n"))
    #expect(wasm.contains("\n  exceptions  y or n; releases since 39\n"))
    #expect(wasm.contains("\n  wmemcheck  always false: only Rust hosts can choose\n"))
    #expect(wasm.contains("\n  timeout  has no effect on artifacts\n"))
    #expect(EngineSetting.help(of: .optimize).contains(" an older name of memory-may-move\n"))
  }
}
