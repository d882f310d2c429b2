/// How programs are started and what they may take.
package struct ProgramOptions: Sendable {
  /// A program that runs ``ProgramSupervisor`` for the subcommand of that name.
  package var supervisor = "/proc/self/exe"
  /// Bytes of address space of each process.
  package var memory = 4 << 30
  /// Bytes of the largest artifact.
  package var largestArtifact = 4 << 30
  /// Whether nothing may be compiled where the kernel cannot confine programs in full.
  package var requiresConfinement = false
  /// Seconds within which it must say what it is.
  package var answersWithin = 30.0
  /// Seconds that one module may take.
  package var timeout = 120.0

  package init() {}

  /// Bytes that programs may write in any case.
  var leastSpace = 64 << 20

  /// Bytes of everything that programs may write: sources and objects on the way are larger than an artifact.
  var space: Int {
    let (product, overflow) = largestArtifact.multipliedReportingOverflow(by: 2)
    return overflow ? Int.max : max(product, leastSpace)
  }
}
