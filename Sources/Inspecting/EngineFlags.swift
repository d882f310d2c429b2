internal import WasmEngine

/// An engine's compatibility record, taken apart: compiler flags, processor features, and the rest.
///
/// The layout is the engine's own affair. A format byte comes first. Then follow, in the encoding of the Rust crate
/// `postcard`, the version, the target, flags of the compiler and features of the processor as names with values, and
/// settings without names. Releases 24 to 50 have this layout. Where it differs, records can only be compared as a whole.
package struct EngineFlags: Hashable, Sendable {
  package let version: String
  package let target: String
  /// In the record's order.
  package let shared: [Flag]
  package let processor: [Flag]
  /// Tunables and WebAssembly features, whose names the record does not tell.
  let others: [UInt8]

  package struct Flag: Hashable, Sendable {
    package let name: String
    package let value: String
  }

  /// - Returns: nil if the record is not laid out like that.
  package init?(_ record: [UInt8]) {
    let parsed = record.withUnsafeBytes { bytes in
      try? { () throws(FormatError) in
        var cursor = ByteCursor(bytes)
        _ = try cursor.byte()
        let version = try cursor.name()
        let target = try cursor.name()
        return (version, target, try cursor.flags(), try cursor.flags(), Array(cursor.rest))
      }()
    }
    guard let parsed else { return nil }
    (version, target, shared, processor, others) = parsed
  }
}

extension ByteCursor {
  fileprivate mutating func flags() throws(FormatError) -> [EngineFlags.Flag] {
    var flags: [EngineFlags.Flag] = []
    for _ in 0..<(try count(of: "flags", limit: 1000)) {
      let name = try name()
      let start = self
      let value: String
      switch try byte() {
      case 0: value = try self.name()
      case 1: value = "\(try byte())"
      case 2: value = try byte() == 0 ? "false" : "true"
      default: throw start.failure("a flag of unknown kind")
      }
      flags.append(EngineFlags.Flag(name: name, value: value))
    }
    return flags
  }
}

extension EngineFlags {
  /// Why an engine with this record would refuse an artifact with another; empty if it would load it.
  package func refusals(of artifact: EngineFlags) -> [String] {
    if artifact.version != version {
      return ["it was made by wasmtime \(artifact.version), and the engine is wasmtime \(version)"]
    }
    if artifact.target != target { return ["its code is for \(artifact.target), and the engine runs \(target)"] }
    var reasons: [String] = []
    let own = Dictionary(shared.map { ($0.name, $0.value) }) { first, _ in first }
    for flag in artifact.shared where !Self.harmless.contains(flag.name) && own[flag.name] != flag.value {
      reasons.append("\(flag.name) is \(flag.value), and the engine has \(own[flag.name] ?? "no such flag")")
    }
    let has = Dictionary(processor.map { ($0.name, $0.value) }) { first, _ in first }
    for feature in artifact.processor where feature.value == "true" && has[feature.name] != "true" {
      reasons.append("it needs the processor feature \(feature.name), which this machine does not have")
    }
    if artifact.others != others {
      reasons.append("it was made with other tunables or WebAssembly features, as another backend has")
    }
    return reasons
  }

  /// Flags that change the code, but not the engines that it fits.
  private static let harmless: Set<String> = [
    "opt_level", "regalloc_algorithm", "regalloc_checker", "regalloc_verbose_logs", "enable_alias_analysis",
    "enable_verifier", "enable_pcc", "is_pic", "machine_code_cfg_info", "bb_padding_log2_minus_one",
    "log2_min_function_alignment", "enable_jump_tables", "enable_heap_access_spectre_mitigation",
    "enable_table_access_spectre_mitigation", "enable_nan_canonicalization", "enable_float",
    "enable_incremental_compilation_cache_checks", "probestack_size_log2", "tls_model", "stack_switch_model",
  ]
}
