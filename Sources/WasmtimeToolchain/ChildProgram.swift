internal import CLinux
package import Confinement
internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// How a compile child is started.
package struct ChildProgram: Sendable {
  /// The path of a program that runs ``CompileChildMain`` for the subcommand of that name.
  package var executable: String
  /// Whether the child takes its memory from the allocator that is installed with the program, if there is one.
  private var usesAllocator = false

  /// The running program itself, even if its file was replaced meanwhile.
  package static let thisExecutable = {
    var program = ChildProgram(executable: "/proc/self/exe")
    program.usesAllocator = true
    return program
  }()

  package init(executable: String) { self.executable = executable }

  /// A library that has malloc(3) and its kin, with which engines compile 4 to 9 % faster than with the C library's.
  ///
  /// Only children have it: it takes each program a tenth of a millisecond longer to start, and each thread 32 MiB of address
  /// space. Where that is limited (`ulimit -v`), compilations would fail for it, so that the C library's has to do.
  func openAllocator() -> Descriptor? {
    usesAllocator && !clinux_address_space_is_limited()
      ? Self.allocator.flatMap { try? Descriptor.open($0, O_RDONLY) } : nil
  }

  private static let allocator = FilePath("/proc/self/exe").resolved?
    .removingLastComponent().removingLastComponent().appending("lib/wasmprecompile/libmimalloc.so")
}

/// How compile children are confined.
package struct ConfinementPolicy: Hashable, Sendable {
  /// Limits to a child's resources. Engines take some hundred times a module's size at most, measured.
  package var limits = ChildLimits(memory: 4 << 30, file: 4 << 30)
  /// Whether nothing may be compiled where the kernel cannot confine children in full.
  package var isRequired = false

  package init() {}
}
