internal import LinuxIO
package import SystemPackage

/// The inputs of each target, in the form in which compilers tell make and ninja.
///
///     build/modules.stamp: \
///       /usr/local/lib/wasmprecompile/libwasmtime.so \
///       build/. \
///       build/a\ b.wasm
///
///     build/a\ b.wasm:
///
/// Directories are among the inputs, because a module that comes or goes changes only its directory's time. They are
/// named with `/.`, which is the same to the kernel but no target that a Makefile may have. Each input is a target without
/// a recipe, too, so that make does not miss one that has been removed.
package struct Depfile {
  /// A target, and its inputs beside those that all targets have.
  private var rules: [(target: FilePath, inputs: [FilePath])] = []
  private var inputs: [FilePath]
  /// Whether make alone reads it.
  private let isForMakeOnly: Bool

  /// - Parameters:
  ///   - isForMakeOnly: whether names may have what ninja's reader splits at. No way to write it keeps ninja from that.
  ///   - inputs: what every target is made from.
  ///   - directories: directories among them.
  package init(inputs: [FilePath], directories: [FilePath], isForMakeOnly: Bool = false) {
    self.isForMakeOnly = isForMakeOnly
    self.inputs =
      inputs + directories.map { $0.lastComponent == "." ? $0 : FilePath(bytes: $0.bytes + Array("/.".utf8)) }
  }

  package mutating func add(_ target: FilePath, from inputs: [FilePath]) { rules.append((target, inputs)) }

  /// - Throws: a path that cannot be written so that make reads it.
  package func text() throws(UnnamableInDepfile) -> [UInt8] {
    var text: [UInt8] = []
    var named: [FilePath] = []
    var seen: Set<FilePath> = []
    for (target, own) in rules {
      text += try escaped(target) + Array(":".utf8)
      for input in inputs + own {
        text += Array(" \\\n  ".utf8) + (try escaped(input))
        if seen.insert(input).inserted { named.append(input) }
      }
      text += Array("\n\n".utf8)
    }
    for input in named { text += try escaped(input) + Array(":\n".utf8) }
    return text
  }

  private func escaped(_ path: FilePath) throws(UnnamableInDepfile) -> [UInt8] {
    if !isForMakeOnly, let byte = path.bytes.first(where: Self.splitters.contains) {
      throw UnnamableInDepfile(path: path, character: Character(Unicode.Scalar(byte)), reader: .ninja)
    }
    return try Self.escaped(path)
  }

  /// What ends a name for ninja. Source: `depfile_parser.in.cc` of 1.11, and what 1.11 and 1.13 were seen to read; 1.13 splits
  /// at fewer.
  private static let splitters = Array("&'\"*?`<>^".utf8)

  /// Source: the GNU make manual, "Rule Syntax", and what make 4.3 and ninja 1.11 and 1.13 were seen to read.
  static func escaped(_ path: FilePath) throws(UnnamableInDepfile) -> [UInt8] {
    var text: [UInt8] = []
    var backslashes = 0
    for byte in path.bytes {
      switch byte {
      case UInt8(ascii: " "):
        // Backslashes before a space would escape each other.
        text += Array(repeating: UInt8(ascii: "\\"), count: backslashes + 1)
      case UInt8(ascii: "#"), UInt8(ascii: ":"):
        guard backslashes == 0 else { throw UnnamableInDepfile(path: path, character: "\\") }
        text.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "$"): text.append(byte)
      case UInt8(ascii: "="), UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "%"):
        throw UnnamableInDepfile(path: path, character: Character(Unicode.Scalar(byte)))
      case 0..<0x20, 0x7f: throw UnnamableInDepfile(path: path, character: nil)
      default: break
      }
      text.append(byte)
      backslashes = byte == UInt8(ascii: "\\") ? backslashes + 1 : 0
    }
    if backslashes > 0 { throw UnnamableInDepfile(path: path, character: "\\") }
    return text
  }
}

/// A path that a build tool would read as something else, however it is written.
package struct UnnamableInDepfile: Error, Hashable, Sendable {
  package enum Reader: String, Sendable {
    case make, ninja
  }

  package let path: FilePath
  /// Nil for a control character.
  package let character: Character?
  package let reader: Reader

  package init(path: FilePath, character: Character?, reader: Reader = .make) {
    self.path = path
    self.character = character
    self.reader = reader
  }
}

extension UnnamableInDepfile: CustomStringConvertible {
  /// Without the path, which the caller prints in front.
  package var description: String {
    let culprit = character.map { "the \"\($0)\"" } ?? "the control character"
    return "cannot be named in a depfile: \(reader.rawValue) would misread \(culprit) in its name"
  }
}
