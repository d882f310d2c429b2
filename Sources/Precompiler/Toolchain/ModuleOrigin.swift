package import SystemPackage
package import WasmCache

/// Where modules come from. A module that takes its compiler over can spoil what that compiler makes next, so a compiler serves
/// modules of one origin only.
package struct ModuleOrigin: Hashable, Sendable {
  /// The user who owns the files; nil if that makes no difference.
  private var owner: UInt32?
  /// The directory that they were found below; nil for files that were named themselves.
  private var directory: FilePath?
  /// The only module.
  private var module: WasmHash?

  /// Any module's.
  package static let any = ModuleOrigin()

  package init(owner: UInt32? = nil, directory: FilePath? = nil, module: WasmHash? = nil) {
    self.owner = owner
    self.directory = directory
    self.module = module
  }

  package var isOfOneModule: Bool { module != nil }
}

/// Which modules may have one compiler after the other.
package enum Isolation: String, CaseIterable, Sendable {
  /// None: each has its own.
  case module
  /// Those whose files have one owner and lie below one of the directories that a run was given.
  case origin
  /// All modules of a run.
  case run
}
