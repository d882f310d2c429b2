import Glibc

/// The program that `make fuzz` builds: `fuzz TARGET [option of libFuzzer | corpus | file to try]…`.
@main enum Fuzzer {
  /// Chosen once, before anything is run.
  static let target = CommandLine.arguments.dropFirst().first.flatMap(FuzzTarget.init(rawValue:))

  static func main() {
    guard target != nil else {
      print("usage: fuzz \(FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")) [argument of libFuzzer]...")
      exit(64)
    }
    // What is left begins with what libFuzzer takes for its own name.
    var count = CommandLine.argc - 1
    var arguments = CommandLine.unsafeArgv + 1
    exit(runDriver(&count, &arguments, fuzzOne))
  }
}

/// What libFuzzer calls with each input; linking it in wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do { try Fuzzer.target?.run(UnsafeRawBufferPointer(start: start, count: count)) } catch {
    print("finding: \(error)")
    fflush(nil)
    abort()
  }
  return 0
}

/// Source: LLVM, "libFuzzer – a library for coverage-guided fuzz testing", "Using libFuzzer as a library".
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ fuzzOne: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
