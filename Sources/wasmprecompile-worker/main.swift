import RemoteWorker

RemoteWorkerMain.main()
