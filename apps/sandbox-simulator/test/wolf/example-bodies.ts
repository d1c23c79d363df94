/** The worked examples of wolf-api §7.5; lengths are exact. */
export const LOBBY_ID = '7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3';
export const SESSION_ID = '10594003729173467913';

export const CREATE_BODY =
  '{"profile_id":"helix-sessions","name":"Agent 0001","multi_user":true,"stop_when_everyone_leaves":false,"pin":[0,4,1,9],"video_settings":{"width":1920,"height":1080,"refresh_rate":60,"wayland_render_node":"/dev/dri/renderD128","runner_render_node":"/dev/dri/renderD128","video_producer_buffer_caps":"video/x-raw(memory:CUDAMemory)","video_source_mode":"wayland"},"audio_settings":{"channel_count":2},"runner_state_folder":"/wolf-state/agent-ses_01exampleexampleexample0001","runner":{"type":"docker","name":"desk-01exampleexampleexample0001","image":"desk:dev","mounts":["/srv/ws/0001:/home/retro/work","/run/hydra/0001/docker.sock:/var/run/docker.sock"],"env":["RUN_SWAY=1","HELIX_SESSION_ID=ses_01exampleexampleexample0001"],"devices":[],"ports":[],"base_create_json":"{\\"Hostname\\":\\"desk-0001\\",\\"HostConfig\\":{\\"IpcMode\\":\\"host\\"}}"}}';

export const LIST_BODY =
  '{"success":true,"lobbies":[{"id":"7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3","name":"Agent 0001","multi_user":true,"started_by_profile_id":"helix-sessions","pin_required":true,"stop_when_everyone_leaves":false,"runner":{"type":"docker","name":"desk-01exampleexampleexample0001","image":"desk:dev","mounts":["/srv/ws/0001:/home/retro/work:rw","/run/hydra/0001/docker.sock:/var/run/docker.sock:rw"],"env":["RUN_SWAY=1","HELIX_SESSION_ID=ses_01exampleexampleexample0001"],"devices":[],"ports":[],"base_create_json":"{\\"Hostname\\":\\"desk-0001\\",\\"HostConfig\\":{\\"IpcMode\\":\\"host\\"}}"},"connected_sessions":["10594003729173467913"]}]}';

export const SESSIONS_BODY =
  '{"success":true,"sessions":[{"app_id":"134906179","client_id":"10594003729173467913","client_ip":"127.0.0.1","client_unique_id":"helix-agent-ses_01exampleexampleexample0001-7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3-0b0c7d1e-2f3a-4b5c-8d6e-7f8091a2b3c4","aes_key":"00112233445566778899AABBCCDDEEFF","aes_iv":"1311768467","rtsp_fake_ip":"83.11.240.7","video_width":1920,"video_height":1080,"video_refresh_rate":60,"audio_channel_count":2,"client_settings":{"run_uid":1000,"run_gid":1000,"controllers_override":[],"mouse_acceleration":1.0,"v_scroll_acceleration":1.0,"h_scroll_acceleration":1.0},"idle_seconds":3}]}';

export const MEMORY_BODY =
  '{"success":true,"process_rss_bytes":1531936768,"gstreamer_buffer_bytes":49141760,"total_memory_bytes":1531936768,"apps":[{"app_id":"134906179","app_name":"Select Agent","resolution":"N/A","client_count":0,"memory_bytes":0}],"lobbies":[{"lobby_id":"7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3","lobby_name":"Agent 0001","resolution":"1920x1080@60","client_count":1,"memory_bytes":98283520}],"clients":[{"session_id":"10594003729173467913","client_ip":"127.0.0.1","resolution":"1920x1080@60","lobby_id":"7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3","app_id":"134906179","memory_bytes":31457280}],"gpu_stats":{"available":true,"gpu_name":"NVIDIA RTX 2000 Ada Generation","encoder_session_count":1,"encoder_average_fps":60.0,"encoder_average_latency_us":4100,"encoder_utilization_percent":9,"gpu_utilization_percent":17,"memory_utilization_percent":12,"memory_used_mb":2140,"memory_total_mb":16380,"temperature_celsius":52,"query_duration_ms":74,"error":""},"gstreamer_pipelines":{"producer_pipelines":2,"consumer_pipelines":2,"total_pipelines":4}}';

export const STOP_FRAMES =
  'event: wolf::core::events::SwitchStreamProducerEvents\n' +
  'data: {"session_id":"10594003729173467913","interpipe_src_id":"10594003729173467913"}\n\n' +
  'event: wolf::core::events::LeaveLobbyEvent\n' +
  'data: {"lobby_id":"7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3","moonlight_session_id":"10594003729173467913","skip_producer_switch":false}\n\n' +
  'event: wolf::core::events::StopLobbyEvent\n' +
  'data: {"lobby_id":"7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3","pin":[0,4,1,9]}\n\n' +
  'event: wolf::core::events::StopLobbyEvent\n' +
  'data: {"lobby_id":"7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3"}\n\n';
