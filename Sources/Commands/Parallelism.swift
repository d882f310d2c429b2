internal import Precompiler

/// How much may be done at once. The user's number counts first, then the grant of a make above, then the processors.
struct Parallelism {
  let lanes: Int
  let jobserver: Jobserver?
  /// Why there is only one lane.
  let warning: String?

  /// - Parameter jobs: the number that the user wants; make is not asked then.
  init(jobs: Int?, under make: MakeFlags) {
    guard jobs == nil, let address = make.jobserver else {
      lanes = jobs ?? AvailableProcessors.count()
      jobserver = nil
      warning = nil
      return
    }
    do throws(JobserverUnavailable) {
      jobserver = try Jobserver(address)
      lanes = AvailableProcessors.count()
      warning = nil
    } catch {
      jobserver = nil
      lanes = 1
      warning = "make's jobserver cannot be used, so modules are compiled one at a time: \(error.advice)"
    }
  }

  func apply(to request: inout PrecompileRequest) {
    request.work.lanes = lanes
    request.work.jobserver = jobserver
    request.work.laneWarning = warning
  }
}

extension JobserverUnavailable {
  /// The reason, and what to do about it.
  fileprivate var advice: String {
    switch self {
    case .withheld: "prefix the recipe with +"
    case .unusable(let reason): "\(reason); --jobs does without it"
    }
  }
}

extension MakeFlags {
  /// The flags of a make above this process.
  static var ofThisProcess: MakeFlags { MakeFlags(Environment.bytes("MAKEFLAGS") ?? []) }
}
