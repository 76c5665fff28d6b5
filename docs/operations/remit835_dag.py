"""An Airflow DAG (Airflow 3) whose tasks call the command line: the nightly run, then what should be seen of it.

Tasks are commands, so that what runs here is what runs by hand; Airflow's own environment needs no remit835, and its workers only
the command and the folders. A run that was killed can be tried again as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

COMMAND = "/opt/remit835/bin/remit835"
INBOX = "/srv/remit835/inbox"
WAREHOUSE = "/srv/remit835/warehouse"
PACKETS = "/srv/remit835/packets"
CONFIG = "/etc/remit835/site.yaml"

with DAG(
    dag_id="remit835",
    description="Remittances to worklist, every night",
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=20), "execution_timeout": timedelta(hours=6)},
    tags=["remittance"],
) as dag:
    # Exit 3 says that the run is done and files are in quarantine: the last task says so.
    night = BashOperator(
        task_id="night",
        bash_command=f"{COMMAND} run {INBOX} --warehouse {WAREHOUSE} --config {CONFIG} --log-format json || test $? -eq 3",
    )
    packets = BashOperator(
        task_id="packets",
        bash_command=f"{COMMAND} packet --next 50 --warehouse {WAREHOUSE} --out {PACKETS} --config {CONFIG} || test $? -eq 3",
    )
    status = BashOperator(task_id="status", bash_command=f"{COMMAND} status --warehouse {WAREHOUSE} --json")
    # Fails, and so tells somebody, while files are in quarantine that the last run still met.
    quarantine_is_empty = BashOperator(
        task_id="quarantine_is_empty",
        bash_command=f"""python3 -c 'import json; assert not json.load(open("{WAREHOUSE}/last_run.json"))["quarantine"]'""",
        retries=0,
    )
    night >> [packets, status, quarantine_is_empty]
