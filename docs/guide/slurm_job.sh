#!/bin/bash
# Two nodes, a worker on each, with the GPUs of its node; see scale.md. Send it with: sbatch slurm_job.sh
#SBATCH --job-name=gpvae
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --gpus-per-node=4
#SBATCH --time=08:00:00
#SBATCH --requeue
#SBATCH --signal=TERM@120
#SBATCH --output=gpvae-%j.log
#SBATCH --open-mode=append

srun --kill-on-bad-exit=1 --label gpvae launch --cluster=slurm -- \
  fit "$SCRATCH/stations.csv" --series=station --time=date --out="$SCRATCH/runs/stations" --steps=20000 --resume
