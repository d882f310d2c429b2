internal import CLinux
internal import Glibc
package import LinuxIO

/// The rights and the means that a foreign compiler is started with.
///
/// It sees the system's directories and what it was said to need, writes into one directory only, and has no network.
package struct ProgramConfinement: Sendable {
  /// The limits of each of its processes.
  package struct Limits: Hashable, Codable, Sendable {
    /// Bytes of address space.
    package var memory: Int
    /// Bytes of a file.
    package var file: Int
    /// Seconds of processor time.
    package var processorTime: Int

    package init(memory: Int, file: Int, processorTime: Int) {
      self.memory = memory
      self.file = file
      self.processorTime = processorTime
    }
  }

  private let landlock: Int32
  private let filter: [UInt8]?

  /// Finds out what the kernel can do.
  package init() {
    landlock = max(0, clinux_landlock_version())
    filter = clinux_filters_system_calls() ? ProgramFilter.instructions(landlock: landlock) : nil
  }

  private static let descriptors: UInt64 = 1024

  /// The restrictions that the kernel lacks, in words; empty where all can be in force.
  package var missing: [String] { (landlock == 0 ? ["Landlock"] : []) + (filter == nil ? ["seccomp"] : []) }

  /// What every program may read: the system's programs and libraries, and what the C library and compilers ask the kernel.
  ///
  /// Not all of `/etc` and `/proc`: there are secrets in both, which root may read.
  private static let system = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store", "/etc/alternatives",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/localtime", "/proc/cpuinfo",
    "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/sys/vm", "/proc/sys/kernel", "/sys/devices/system",
    "/dev/urandom", "/dev/random",
  ]
  private static let devices = ["/dev/null", "/dev/zero", "/dev/full"]

  /// Starts a program as a process group of its own, whose leader ends with the calling thread. The calling process has one thread.
  ///
  /// - Parameters:
  ///   - executable: the path of the program's file.
  ///   - file: the same, opened for reading. It is what runs, unless it is a script.
  ///   - arguments: its name first.
  ///   - readable: what it may read besides the system.
  ///   - directory: the only place that it may write to, and its working directory.
  ///   - path: the same directory's.
  package func start(
    _ executable: String, _ file: borrowing Descriptor, _ arguments: [String], environment: [String],
    readable: [String],
    in directory: borrowing Descriptor, at path: String,
    output: Int32, errors: Int32, _ limits: Limits
  ) throws(SystemError) -> Int32 {
    let rules = landlock == 0 ? -1 : try check("landlock_create_ruleset", clinux_landlock_rules(landlock))
    defer { if rules >= 0 { close(rules) } }
    if rules >= 0 {
      // Not every system has all of these.
      for place in Self.system + readable { _ = clinux_landlock_allow(rules, landlock, place, clinux_landlock_read) }
      for place in Self.devices { _ = clinux_landlock_allow(rules, landlock, place, clinux_landlock_device) }
      try check("landlock_add_rule", clinux_landlock_allow(rules, landlock, path, clinux_landlock_all))
    }
    let nothing = try Descriptor.open("/dev/null", O_RDONLY)
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var call: UnsafePointer<CChar>?
    let (directory, input, opened) = (directory.raw, nothing.raw, file.raw)
    let child = (filter ?? []).withUnsafeBytes { instructions in
      executable.withCString { executable in
        argv.withUnsafeMutableBufferPointer { argv in
          envp.withUnsafeMutableBufferPointer { envp in
            var program = clinux_confined_program()
            program.executable = executable
            program.opened = opened
            program.arguments = UnsafePointer(argv.baseAddress)
            program.environment = UnsafePointer(envp.baseAddress)
            program.directory = directory
            program.input = input
            program.output = output
            program.errors = errors
            program.rules = rules
            program.landlock_version = landlock
            program.filter = instructions.isEmpty ? nil : instructions.baseAddress
            program.filter_size = instructions.count
            program.memory = UInt64(limits.memory)
            program.file = UInt64(limits.file)
            program.processor_seconds = UInt64(limits.processorTime)
            program.descriptors = Self.descriptors
            return clinux_start_confined(&program, &call)
          }
        }
      }
    }
    guard child > 0 else { throw SystemError(call.map { String(cString: $0) } ?? "fork") }
    return child
  }
}
