{ disk.recoveryMib = 1024; }
