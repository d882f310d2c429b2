#if DEBUG
  internal import Glibc
  internal import LinuxIO

  /// Lets tests see that a confined compile child cannot do what a module that took it over would want to do.
  ///
  /// `WASMPRECOMPILE_SANDBOX_PROBE` names the attempt, made when the first module arrives; its outcome is the child's last
  /// words. There is no such thing in a release build.
  enum SandboxProbe {
    static func runIfAsked() {
      guard let name = getenv("WASMPRECOMPILE_SANDBOX_PROBE") else { return }
      let result: Int
      switch String(cString: name) {
      case "open": result = Int(open("/etc/passwd", O_RDONLY))
      case "create": result = Int(open("/tmp/wasmprecompile-was-here", O_WRONLY | O_CREAT, 0o600))
      case "connect": result = Int(connectToLocalHost())
      case "execute": result = Int(execv("/bin/true", [nil]))
      case "fork": result = Int(fork())
      case "signal": result = Int(kill(getppid(), SIGTERM))
      case "thread": result = thread()
      case "linger":
        // Nothing but SIGKILL ends this.
        for number in 1...64 { signal(Int32(number), SIG_IGN) }
        while true {}
      case "memory":
        var taken = 0
        while mmap(nil, 1 << 26, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED { taken += 1 }
        say("got \(taken) blocks, then \(SystemError("mmap"))")
      default: result = -1
      }
      say(result < 0 ? "\(SystemError(""))" : "succeeded")
    }

    private static func thread() -> Int {
      if Threads.isAvailable { return 0 }
      errno = EAGAIN
      return -1
    }

    private static func connectToLocalHost() -> Int32 {
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard socket >= 0 else { return -1 }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(9).bigEndian
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }

    private static func say(_ words: String) -> Never {
      try? Descriptor(owning: STDERR_FILENO).write(all: words + "\n")
      _exit(1)
    }
  }
#endif
